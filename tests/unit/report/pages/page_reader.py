"""Reads a report's page as a reader with a pointer would: its numbers, its headings, its tables."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "hr", "img", "input", "rect", "path", "line", "circle"}
Attributes = dict[str, str | None]


@dataclass
class Page:
    """What stands on it.

    Attributes:
        figures: the attributes of each ``data`` element, with its text as ``shown``.
        cells: the text of each table cell that is no heading, less what stands in ``data`` elements.
        origins: the rows of the tables that say where a text's or a table's figures come from.
        sentences: the same of the answer's paragraphs.
    """

    figures: list[Attributes] = field(default_factory=list)
    cells: list[tuple[str, bool]] = field(default_factory=list)
    origins: list[list[str]] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    headings: list[tuple[int, str]] = field(default_factory=list)
    elements: list[tuple[str, Attributes]] = field(default_factory=list)

    def all(self, tag: str) -> list[Attributes]:
        return [attributes for name, attributes in self.elements if name == tag]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()
        self.open: list[str] = []
        self.text = ""
        self.outside = ""
        self.has_figure = False
        self.in_answer = False
        self.in_origins = False
        self.folded: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.page.elements.append((tag, attributes))
        if tag == "section":
            self.in_answer = attributes.get("class") == "answer"
        if tag == "details":
            self.folded.append(attributes.get("class"))
            self.in_origins = attributes.get("class") == "origins"
        if tag == "tr" and self.in_origins:
            self.page.origins.append([])
        if tag in ("td", "p", "h1", "h2", "h3"):
            self.text = self.outside = ""
            self.has_figure = False
        if tag == "data":
            attributes["in_details"] = "yes" if "origins" in self.folded else "no"
            self.page.figures.append(attributes)
            self.has_figure = True
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.open.pop() == tag, f"{tag} is closed where it is not open"
        if tag == "details":
            self.folded.pop()
            self.in_origins = False
        elif tag == "td" and self.in_origins:
            self.page.origins[-1].append(self.text)
        elif tag == "td":
            self.page.cells.append((self.outside, self.has_figure))
        elif tag in ("h1", "h2", "h3"):
            self.page.headings.append((int(tag[1]), self.text))
        elif tag == "section":
            self.in_answer = False
        elif tag == "p" and self.in_answer:
            self.page.sentences.append(self.outside.replace("\u00a0", " "))

    def handle_data(self, data: str) -> None:
        self.text += data
        if "data" in self.open:
            self.page.figures[-1]["shown"] = data
        else:
            self.outside += data


def read_page(text: str) -> Page:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == [], f"{reader.open} is never closed"
    return reader.page
