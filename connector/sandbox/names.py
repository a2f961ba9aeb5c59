"""Invented end customers: Dutch and Belgian trading names, streets, towns and people."""

from __future__ import annotations

TRADES_NL = (
    ("Bakkerij", "B.V."),
    ("Installatiebedrijf", "B.V."),
    ("Fysiotherapie", ""),
    ("Notariskantoor", "N.V."),
    ("Bouwbedrijf", "B.V."),
    ("Café", ""),
    ("Tandartspraktijk", ""),
    ("Transport", "B.V."),
    ("Administratiekantoor", "B.V."),
    ("Hoveniersbedrijf", "V.O.F."),
    ("Autobedrijf", "B.V."),
    ("Stichting", ""),
    ("Drukkerij", "B.V."),
    ("Makelaardij", "B.V."),
    ("Advocaten", "B.V."),
)
TRADES_BE = (
    ("Brouwerij", "BV"),
    ("Schrijnwerkerij", "BV"),
    ("Boulangerie", "SRL"),
    ("Apotheek", "BV"),
    ("Architecten", "BV"),
    ("Garage", "NV"),
    ("Etablissements", "SA"),
    ("Drukkerij", "NV"),
    ("Traiteur", "BV"),
    ("Chocolaterie", "SRL"),
    ("Kinesitherapie", "BV"),
    ("Bouwwerken", "NV"),
)
SURNAMES_NL = (
    "De Korenaar", "Van den Berg", "Jansen & Zn.", "De Vries", "Bakker", "Ter Horst", "Smit", "Van Dijk",
    "Hoekstra", "Van der Meer", "Mulder", "Zonneveld", "De Graaf", "Kuipers", "Postma", "Van Leeuwen",
    "Brouwer", "Dekker", "Noordhof", "Oosterbaan", "Coöperatie Zuid", "Rietveld", "Wolters", "Schouten",
)  # fmt: skip
SURNAMES_BE = (
    "Ter Linde", "Peeters", "Janssens", "Maes", "Dubois", "Lefèvre", "Claes", "Willems", "Goossens", "Noël",
    "De Smet", "Van Damme", "Lambert", "Hermans", "Desmet", "Martens", "Baert", "Vandenbroucke", "François",
)  # fmt: skip
TOWNS_NL = (
    ("Utrecht", "3511 AB"),
    ("Tilburg", "5011 CD"),
    ("Zwolle", "8011 EF"),
    ("Eindhoven", "5611 GH"),
    ("Leeuwarden", "8911 JK"),
    ("'s-Hertogenbosch", "5211 LM"),
)
TOWNS_BE = (
    ("Gent", "9000"),
    ("Leuven", "3000"),
    ("Liège", "4000"),
    ("Brugge", "8000"),
    ("Hasselt", "3500"),
    ("Namur", "5000"),
)
STREETS = ("Dorpsstraat", "Stationsweg", "Kerkplein", "Molenlaan", "Industrieweg", "Nieuwstraat", "Havenkade")
FIRST_NAMES = ("Anne", "Bram", "Chloé", "Daan", "Eva", "Fatima", "Geert", "Hanne", "Joost", "Lien", "Zoë")
COST_CENTRES = ("", "", "", "", "", "ZORG", "KANTOOR", "PRODUCTIE")
