"""HTTP on loopback: routes, keys, dates, and the faults that strike an answer on its way out."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from connector.errors import ConnectorError
from connector.sandbox.answers import (
    ENDPOINTS,
    FACES,
    LISTS,
    Question,
    answer_text,
    body,
    changed,
    elements,
    write_json,
)
from connector.sandbox.billing.answer import XML_TYPE, billing_answer, file_name, form_wanted
from connector.sandbox.billing.details import details
from connector.sandbox.billing.question import (
    ADDRESS_REFUSED,
    BILLING,
    DETAILS,
    BillingQuestion,
    version_and_endpoint,
)
from connector.sandbox.bodies import Body, body_of, cached, streamed
from connector.sandbox.faults import PAGING, SHAPES, Fault, fault_of
from connector.sandbox.keys import KeyRefused, owner
from connector.sandbox.manifest import manifest_pieces
from connector.sandbox.papers import DEFECTS, PaperContent, content, document_of, ubl
from connector.sandbox.parties import Reseller
from connector.sandbox.render import Face
from connector.sandbox.request import Refusal, logged, window_of
from connector.sandbox.setup import Setup
from connector.sandbox.tickets import last_by_vendor
from connector.sandbox.wire import JSON_TYPE, Wire

API = "/api/v1/"
CONTROL = "/_sandbox/"
HTML_PAGE = b"<!doctype html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
NOT_ACTIVATED = "Customer invoices are not activated for your account. Please contact your account manager."
NO_LISTS = "This list is not activated for your account. Please contact your account manager."
HTML_TYPE = "text/html; charset=utf-8"
PAPER_TYPES = {"xml": "application/xml", "pdf": "application/pdf"}


class Server(ThreadingHTTPServer):
    """A server that ends its open connections when it closes."""

    daemon_threads = False
    block_on_close = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], setup: Setup) -> None:
        self.setup = setup
        self._open: set[Any] = set()
        self._lock = threading.Lock()
        super().__init__(address, Exchange)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection while it is open."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection that ends."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Pass over clients that hang up, which is a thing we are here to provoke."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def server_close(self) -> None:
        """Stop waiting answers, end open connections, and wait for their threads."""
        self.setup.stopping.set()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        super().server_close()


class Exchange(Wire):
    """One connection: what is asked, by whom, and what it gets."""

    server: Server

    @property
    def stopping(self) -> threading.Event:
        """Set when the server stops."""
        return self.server.setup.stopping

    def do_GET(self) -> None:  # noqa: N802
        """Answer a request for invoices, or about the sandbox itself."""
        routes = ((API, self._data), (BILLING, self._billing), ("", self._control))
        self._answer(next(act for start, act in routes if self.path.startswith(start)))

    def do_POST(self) -> None:  # noqa: N802
        """Set faults."""
        self._answer(self._set_faults)

    def do_DELETE(self) -> None:  # noqa: N802
        """Clear the faults."""
        self._answer(self._clear_faults)

    def _answer(self, act: Callable[[], None]) -> None:
        self._parts = urlsplit(self.path)
        self._query = dict(parse_qsl(self._parts.query, keep_blank_values=True))
        self._reseller = ""
        try:
            act()
        except (KeyRefused, Refusal) as refusal:
            self.send_json({"message": refusal.message}, status=refusal.status)
        except ConnectorError as error:
            self.send_json({"message": str(error), "hint": error.hint}, status=400)

    def keep(self, status: int) -> None:
        """Take note of a request for data; those about the sandbox itself do not count."""
        if self._parts.path.startswith(CONTROL):
            return
        self.server.setup.requests.append(
            logged(
                method=self.command,
                path=self._parts.path,
                query=self._query,
                headers=dict(self.headers.items()),
                reseller=self._reseller,
                status=status,
            )
        )

    # Data

    def _data(self) -> None:
        setup = self.server.setup
        endpoint = self._parts.path.removeprefix(API)
        if endpoint not in ENDPOINTS:
            raise Refusal(404, f"There is no {self._parts.path}.")
        reseller = self._owner(endpoint)
        self._reseller = reseller.name
        fault = setup.faults.striking(endpoint)
        if fault is not None and self._struck_before_answer(fault):
            return
        if endpoint == Face.ISSUED.value and not setup.customer_invoices_active:
            raise Refusal(403, NOT_ACTIVATED)
        if endpoint in LISTS and not setup.lists_active:
            raise Refusal(403, NO_LISTS)
        first, last = window_of(self._query, setup.today)
        detail = self.headers.get("showDetail", "").strip().lower() == "true"
        until = self._by_vendor_until(endpoint, dt.date.min)
        question = Question(setup.world, reseller, endpoint, first, last, detail, setup.totals, until)
        self.send(self._body(question, fault), fault=fault)

    def _billing(self) -> None:
        setup = self.server.setup
        version, endpoint = version_and_endpoint(self._parts.path)
        asked = f"billing/{endpoint}"
        reseller = self._owner(asked)
        self._reseller = reseller.name
        fault = setup.faults.striking(asked)
        address = self.client_address[0]
        if address not in setup.allowed_addresses or (fault is not None and fault.kind == "address"):
            raise Refusal(403, ADDRESS_REFUSED.format(address=address))
        if fault is not None and self._struck_before_answer(fault):
            return
        first, last = window_of(self._query, setup.today)
        until = self._by_vendor_until(asked, dt.date.max if setup.billing_by_vendor else dt.date.min)
        question = BillingQuestion(setup.world, reseller, version, endpoint, first, last, until, setup.totals)
        form = form_wanted(self.headers.get("Accept", ""), endpoint)
        if endpoint == DETAILS:
            sent = body_of(write_json(details(question, self._query)))
        else:
            sent = billing_answer(question, form, fault, setup.faults.changing(asked))
        always_v2 = setup.faults.standing("cd-215", asked) is not None
        headers = {"Content-Disposition": file_name(question, form, always_v2=always_v2)}
        self.send(sent, content_type=JSON_TYPE if form.json else XML_TYPE, headers=headers, fault=fault)

    def _by_vendor_until(self, endpoint: str, otherwise: dt.date) -> dt.date:
        fault = self.server.setup.faults.standing("vendor-grouping", endpoint)
        return last_by_vendor(fault.value) if fault is not None else otherwise

    def _owner(self, endpoint: str) -> Reseller:
        setup = self.server.setup
        secrets = (style.secret_in(self.headers, self._query) for style in setup.key_styles)
        secret = next(filter(None, secrets), "")
        return owner(setup.world.resellers, secret, endpoint=endpoint, today=setup.today)

    def _body(self, question: Question, fault: Fault | None) -> Body:
        setup = self.server.setup
        if fault is not None and fault.kind == "empty":
            return body_of(b'{"Invoices":[]}')
        if question.endpoint not in FACES:
            return streamed(answer_text(question))
        due = setup.faults.changing(question.endpoint)
        invoices = elements(question) if due is None else changed(elements(question), due)
        if fault is not None and fault.kind == "encoding":
            return streamed(body(invoices, closing=',"Origin":"België"'), encoding="cp1252")
        if fault is not None and fault.kind == "paging":
            return streamed(body(invoices, closing=PAGING[fault.value]))
        if due is None and setup.cache_dir is not None:
            return cached(setup.cache_dir, question)
        return streamed(body(invoices))

    def _struck_before_answer(self, fault: Fault) -> bool:
        """Give the answer of a fault that needs no invoices; tell whether there was one."""
        if fault.kind == "status":
            extra = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            self.send_json({"message": f"Sandbox fault {fault.status}."}, status=fault.status, headers=extra)
        elif fault.kind == "html":
            self.send(body_of(HTML_PAGE), content_type=HTML_TYPE)
        elif fault.kind == "shape":
            self.send(body_of(SHAPES[fault.value].encode()))
        elif fault.kind in {"reset", "hang"}:
            self.keep(0)
            if fault.kind == "hang":
                self.stopping.wait(fault.delay)
            self.reset()
        else:
            return False
        return True

    # The sandbox itself

    def _control(self) -> None:
        setup = self.server.setup
        subject = self._parts.path.removeprefix(CONTROL)
        if subject == "manifest":
            self.send(streamed(manifest_pieces(setup.world)))
        elif subject == "faults":
            self.send_json({"faults": [asdict(fault) for fault in setup.faults.current()]})
        elif subject.startswith("papers/"):
            self._paper(subject.removeprefix("papers/"))
        elif subject == "requests":
            self.send_json({"requests": [asdict(request) for request in list(setup.requests)]})
        else:
            raise Refusal(404, f"There is no {self._parts.path}.")

    def _paper(self, name: str) -> None:
        """Send the paper of a purchase document: NUMBER.xml or NUMBER.pdf, with ?defect= and for a PDF ?language=."""
        number, _, kind = name.rpartition(".")
        document = document_of(self.server.setup.world, number)
        defect, language = self._query.get("defect", ""), self._query.get("language", "nl")
        if document is None or kind not in PAPER_TYPES:
            raise Refusal(404, f"There is no paper {name}.")
        if defect not in DEFECTS:
            raise Refusal(400, f"defect is one of {', '.join(filter(None, DEFECTS))}.")
        told = content(self.server.setup.world, document, defect)
        made = ubl(told) if kind == "xml" else _pdf(told, language, text=defect != "scan")
        self.send(body_of(made), content_type=PAPER_TYPES[kind])

    def _set_faults(self) -> None:
        text = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self._parts.path != f"{CONTROL}faults":
            raise Refusal(405, "Only faults can be set.")
        try:
            sent = json.loads(text)
        except ValueError:
            raise Refusal(400, "The faults must be JSON.") from None
        wanted = sent.get("faults", [sent.get("fault")]) if isinstance(sent, dict) else [sent]
        if not all(isinstance(one, str | dict) for one in wanted):
            raise Refusal(400, 'Write {"faults": ["429:retry-after=1"]}, or objects with the fields of a fault.')
        made = [self.server.setup.faults.add(one if isinstance(one, str) else fault_of(one)) for one in wanted]
        self.send_json({"faults": [asdict(fault) for fault in made]}, status=201)

    def _clear_faults(self) -> None:
        if self._parts.path != f"{CONTROL}faults":
            raise Refusal(405, "Only faults can be cleared.")
        self.server.setup.faults.clear()
        self.send_json({"faults": []})


def _pdf(told: PaperContent, language: str, *, text: bool) -> bytes:
    """A PDF; Refusal where fpdf2 is not installed, and for a language that there is none of."""
    try:
        from connector.sandbox.paper_pdf import LANGUAGES, pdf
    except ImportError:
        raise Refusal(501, "PDFs need fpdf2: pip install 'copaco-connector[reports]'.") from None
    if language not in LANGUAGES:
        raise Refusal(400, f"language is one of {', '.join(LANGUAGES)}.")
    return pdf(told, language=language, text=text)
