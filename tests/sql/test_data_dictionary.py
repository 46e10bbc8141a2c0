"""docs/data_dictionary.md says what sql/ says."""

from benchbuilder.schemas import RELATIONS
from docs.generate_dictionary import PAGE, render_dictionary


def test_the_page_is_what_the_generator_writes() -> None:
    """A stale page fails here; `python -m docs.generate_dictionary` writes it anew."""
    page = render_dictionary()
    assert PAGE.read_text(encoding="utf-8") == page, "stale: run python -m docs.generate_dictionary"


def test_the_page_has_every_relation_with_its_key() -> None:
    """Keys are those by which an append is an anti-join."""
    page = PAGE.read_text(encoding="utf-8")
    for relation, schema in RELATIONS.items():
        keys = ", ".join(f"`{key}`" for key in schema.primary_key())
        grain = page.split(f"\n### {relation}\n\n")[1].split("\n")[0]
        assert grain.startswith("Grain: ")
        assert grain.endswith(f" Key: {keys}.")
