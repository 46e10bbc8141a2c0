"""An authored marking of real prompts by the seven criteria: what a strong annotator is taken to say.

Nobody marked the real prompts, so the truth of `benchmarks.cascade` is this: for each criterion a few word lists and
features of form, written by us after reading some prompts of each source, and applied to all of them. It is plainer
than a model's marking, and knows English alone; what it shares with one is that it looks at words which an embedding
of the text holds only in part.
"""

import re

from benchbuilder.criteria import CRITERIA
from benchbuilder.text import count_tokens

_CODE = r"```|\bdef |\bclass \w+[:({]|#include|\bselect\b.+\bfrom\b|</?\w+>|[{};]\s*$|\w+\(\w*\)|=>|\$\w+"
_PROGRAMMING = (
    r"python|javascript|typescript|java|c\+\+|c#|rust|golang|zig|sql|html|css|php|bash|linux|docker|kubernetes|aws|api"
    r"|function|algorithm|regex|compiler|database|query|script|code|react|django|flask|pytorch|tensorflow|numpy|pandas"
    r"|server|http|json|xml|yaml|git|terminal|excel|spreadsheet|software|backend|frontend|unity|arduino|verilog|matlab"
)
_SCIENCE = (
    r"equation|theorem|proof|prove|integral|derivative|matrix|vector|probability|statistic\w*|regression|bayes\w*"
    r"|neural|model|physics|quantum|energy|voltage|circuit|chemical|chemistry|molecul\w+|protein|gene\w*|cell\w*"
    r"|clinical|patient\w*|medical|drug|diagnos\w+|surgery|economic\w*|financ\w+|tax|invest\w+|legal|law|contract"
    r"|patent|engineer\w*|architect\w*|philosoph\w+|linguist\w*|histor\w+|marketing|seo|accounting|cryptograph\w*"
    r"|network|security|optimi[sz]\w+"
)
_EXACT = (
    r"equation|theorem|proof|prove|formula|calculate|compute|integral|matrix|probability|circuit|chemical|clinical"
    r"|diagnos\w+|dose|legal|tax|algorithm|technical|exact\w*|accura\w+|\d+\s?(?:kg|km|cm|mm|hz|gb|mb|v|w|%)"
)
_FORM = r"table|json|csv|list of|bullet|format|template|title|exact\w*|only|following|output|input|each|given|below"
_PARTS = r"must|should|ensure|include|without|also|then|additionally|both|unless|if|when|where|each|every|but"
_REASONING = (
    r"solve|prove|debug|fix|error|bug|design|optimi[sz]e|calculate|compute|compare|why|how (?:can|do|would|to|does)"
    r"|implement|derive|analy[sz]e|evaluate|improve|build|plan|strategy|determine|find|estimate|refactor|convert"
    r"|step by step|explain|develop|challenge|problem"
)
_MAKING = (
    r"write|create|design|generate|imagine|story|poem|invent|suggest|come up|idea\w*|develop|propose|compose|build"
    r"|make|draft|outline|implement|rewrite|act as|novel|script|plan|improve"
)
_WORK = (
    r"company|customer\w*|client\w*|business|email|app|website|web|project|team|user\w*|product\w*|job|work|market\w*"
    r"|school|student\w*|patient\w*|report|data|file\w*|system|application|service|server|home|budget|online|resume"
)
_COUNTED = r"\b\d+\s*(?:words?|lines?|points?|sentences?|paragraphs?|steps?|items?|examples?|questions?|pages?|%)"


def _words(alternatives: str) -> str:
    return rf"\b(?:{alternatives})\b"


_PATTERNS: dict[str, tuple[str, ...]] = {
    "specificity": (_COUNTED, _words(_FORM), _CODE),
    "domain_knowledge": (_words(f"{_PROGRAMMING}|{_SCIENCE}"), _CODE),
    "complexity": (_words(_PARTS), r"(?m)^\s*(?:[-*•]|\d+[.)])\s"),
    "problem_solving": (_words(_REASONING),),
    "creativity": (_words(_MAKING),),
    "technical_accuracy": (_CODE, _words(_PROGRAMMING), rf"{_words(_EXACT)}|[=^√∑∫]"),
    "real_world_application": (_words("i|my|we|our|i'm|i've|me|us"), _words(_WORK)),
}
_COMPILED = {name: [re.compile(one, re.IGNORECASE) for one in several] for name, several in _PATTERNS.items()}
# How many different words of its lists a criterion asks for, and how long the prompt must be.
_LEAST_HITS = {
    "specificity": 3,
    "domain_knowledge": 2,
    "complexity": 4,
    "problem_solving": 2,
    "creativity": 1,
    "technical_accuracy": 2,
    "real_world_application": 2,
}
_LEAST_TOKENS = {"specificity": 15, "complexity": 40}


def authored_marks(text: str) -> dict[str, float]:
    """Criterion → 1.0 where the prompt meets it, else 0.0."""
    count = count_tokens(text)
    marks: dict[str, float] = {}
    for criterion in CRITERIA:
        hits = {found.group().casefold() for one in _COMPILED[criterion.name] for found in one.finditer(text)}
        is_met = len(hits) >= _LEAST_HITS[criterion.name] and count >= _LEAST_TOKENS.get(criterion.name, 0)
        marks[criterion.name] = float(is_met)
    return marks
