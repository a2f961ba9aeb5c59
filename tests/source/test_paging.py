from __future__ import annotations

from pathlib import Path

import pytest

from connector.errors import SourceFormatError
from connector.source.envelope import Envelope
from connector.source.paging import refuse_next_link


def cut(path: Path, beside: str) -> int:
    path.write_text('{"Invoices": [{}, {}], ' + beside + "}")
    return len(list(Envelope(path).invoices()))


@pytest.mark.parametrize(
    "beside",
    [
        '"next": "https://api.example/invoices?page=2"',
        '"nextLink": "/invoices?page=2"',
        '"@odata.nextLink": "https://api.example/invoices?$skip=2"',
        '"continuationToken": "abc"',
        '"hasMore": true',
        '"has_more": "true"',
        '"totalPages": 3',
        '"pages": "2"',
        '"page": 1',
        '"page": 1, "pages": 2',
        '"TotalCount": 250',
        '"paging": {"next": "x"}',
        '"_links": {"self": {"href": "a"}, "next": {"href": "b"}}',
        '"meta": {"pagination": {"total_pages": 9}}',
    ],
)
def test_an_answer_that_promises_more_pages_is_refused(tmp_path: Path, beside: str) -> None:
    with pytest.raises(SourceFormatError, match="promises more pages than we read"):
        cut(tmp_path / "body", beside)


@pytest.mark.parametrize(
    "beside",
    [
        '"next": null',
        '"nextLink": ""',
        '"hasMore": false',
        '"page": 1, "totalPages": 1',
        '"page": 1, "hasMore": false',
        '"page": null',
        '"TotalCount": 2',
        '"totalCount": null',
        '"_links": {"self": {"href": "a"}, "next": null}',
        '"Version": "v1"',
    ],
)
def test_an_answer_that_says_there_is_no_more_is_read(tmp_path: Path, beside: str) -> None:
    assert cut(tmp_path / "body", beside) == 2


@pytest.mark.parametrize(
    "link",
    ['<https://api.example/?page=2>; rel="next"', "<?page=2>; rel=next", '<a>; rel="first", <b>; rel="next last"'],
)
def test_a_link_header_to_a_next_page_is_refused(link: str) -> None:
    with pytest.raises(SourceFormatError, match="Link header"):
        refuse_next_link(link)


@pytest.mark.parametrize("link", ["", '<https://api.example/doc>; rel="help"', '<a>; rel="prev"', "<next>; rel=self"])
def test_other_links_do_no_harm(link: str) -> None:
    assert refuse_next_link(link) is None  # type: ignore[func-returns-value]
