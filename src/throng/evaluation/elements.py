"""XML elements that know where in the file they stand, so that a complaint can name the line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

from defusedxml import DefusedXmlException
from defusedxml.sax import make_parser

from throng.evaluation.errors import TruthError


@dataclass(slots=True)
class Element:
    """One XML element.

    Attributes:
        tag, attributes, text, children: as in the file.
        where: file and line, for messages.
    """

    tag: str
    attributes: dict[str, str]
    where: str
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, *tags: str) -> Iterator["Element"]:
        """Follow a path of tags downwards and yield every element at its end."""
        if not tags:
            yield self
            return
        for child in self.children:
            if child.tag == tags[0]:
                yield from child.all(*tags[1:])

    def first_text(self, *tags: str) -> str | None:
        """Return the text of the first element at the end of a path, None when there is none."""
        return next((element.text.strip() for element in self.all(*tags)), None)

    def attribute(self, name: str) -> str:
        """Return an attribute.

        Raises:
            TruthError: it is missing.
        """
        if name not in self.attributes:
            raise TruthError(f"{self.where}: <{self.tag}> has no attribute {name!r}")
        return self.attributes[name]

    def number(self, name: str) -> float:
        """Return an attribute as a number.

        Raises:
            TruthError: it is missing or no number.
        """
        text = self.attribute(name)
        try:
            return float(text)
        except ValueError:
            raise TruthError(f"{self.where}: <{self.tag} {name}> must be a number, got {text!r}") from None

    def integer(self, name: str) -> int:
        """Return an attribute as a whole number.

        Raises:
            TruthError: it is missing or no whole number.
        """
        text = self.attribute(name)
        try:
            return int(text)
        except ValueError:
            raise TruthError(f"{self.where}: <{self.tag} {name}> must be a whole number, got {text!r}") from None


def read_elements(path: Path) -> Element:
    """Read an XML file; entities and external documents are refused.

    Raises:
        TruthError: it is no well-formed XML; the message names the line.
    """
    handler = _Builder(path)
    parser = make_parser()
    parser.setContentHandler(handler)
    try:
        with path.open("rb") as file:
            parser.parse(file)
    except SAXParseException as error:
        line = error.getLineNumber()
        raise TruthError(f"{path}, line {line}: the XML is broken or cut off ({error.getMessage()})") from None
    except DefusedXmlException:
        raise TruthError(
            f"{path}: the XML defines entities of its own, which is not safe to read; remove them"
        ) from None
    return handler.root


class _Builder(ContentHandler):
    """Builds the tree; `root` holds the outermost element."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._locator: Locator | None = None
        self._open: list[Element] = [Element("", {}, str(path))]

    @property
    def root(self) -> Element:
        return self._open[0].children[0]

    def setDocumentLocator(self, locator: Locator) -> None:  # noqa: N802 - the name that SAX calls
        self._locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802 - the name that SAX calls
        line = self._locator.getLineNumber() if self._locator is not None else None
        element = Element(name, dict(attrs.items()), f"{self._path}, line {line}")
        self._open[-1].children.append(element)
        self._open.append(element)

    def characters(self, content: str) -> None:
        self._open[-1].text += content

    def endElement(self, name: str) -> None:  # noqa: ARG002, N802 - the name that SAX calls
        self._open.pop()
