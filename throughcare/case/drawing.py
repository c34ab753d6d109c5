"""What every drawing of a policy is made with: Mermaid text, which code hosts and documentation draw as it stands. Pure."""

# What means something to Mermaid inside a quoted text, as the entities it reads there.
ENTITIES = str.maketrans(
    {"#": "#35;", '"': "#quot;", "`": "#96;", "&": "#amp;", "<": "#lt;", ">": "#gt;"}
)


def label(*lines: str) -> str:
    """A quoted text of so many lines."""
    return '"' + "<br/>".join(line.translate(ENTITIES) for line in lines) + '"'
