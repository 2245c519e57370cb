"""What sqlglot calls functions and operators, in the words of MySQL and MariaDB."""

from collections.abc import Iterator, Mapping

from sqlglot import exp

from querywatch.sql.vocabulary import FUNCTIONS

OPERATORS: Mapping[type[exp.Expr], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.IntDiv: "DIV",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseXor: "^",
    exp.BitwiseLeftShift: "<<",
    exp.BitwiseRightShift: ">>",
    exp.BitwiseNot: "~",
    exp.Neg: "NEG",
    exp.DateAdd: "+",
    exp.DateSub: "-",
}
# sqlglot's own names for what MySQL and MariaDB call otherwise.
_SPELLED: Mapping[str, str] = {
    "TS_OR_DS_TO_DATE": "DATE",
    "TIME_TO_STR": "DATE_FORMAT",
    "STR_TO_TIME": "STR_TO_DATE",
    "DATE_TRUNC": "DATE",
    "DAY_OF_MONTH": "DAYOFMONTH",
    "DAY_OF_WEEK": "DAYOFWEEK",
    "DAY_OF_YEAR": "DAYOFYEAR",
    "WEEK_OF_YEAR": "WEEKOFYEAR",
    "SUBSTRING": "SUBSTRING",
    "CURRENT_TIMESTAMP": "NOW",
    "MD5": "MD5",
    "TO_CHAR": "DATE_FORMAT",
    "D_PIPE": "CONCAT",
    "STR_POSITION": "LOCATE",
    "CASE": "CASE",
    "CAST": "CAST",
    "TRY_CAST": "CAST",
}
_SELF_CONTAINED = (exp.TsOrDsToDate, exp.Paren)


def find_operands(node: exp.Expr) -> Iterator[exp.Expr]:
    """What a function or operator is applied to, without units, types and what sqlglot wraps around by itself."""
    for part in node.iter_expressions():
        inner = part.unnest()
        if isinstance(inner, exp.DataType | exp.Var | exp.Identifier | exp.Star):
            continue
        if isinstance(
            inner, exp.Interval | exp.Ordered | exp.Order | exp.Distinct | exp.If | exp.WindowSpec
        ) or (isinstance(inner, _SELF_CONTAINED) and isinstance(node, exp.Func)):
            yield from find_operands(inner)
        else:
            yield inner


def spell_function(node: exp.Expr) -> str:
    """Its name in upper case."""
    if isinstance(node, exp.Anonymous | exp.AnonymousAggFunc):
        name = str(node.name).upper()
        return name if name in FUNCTIONS else ""  # a stored function's name may be anything
    name = node.sql_name() if isinstance(node, exp.Func) else node.key.upper()
    return _SPELLED.get(name, name)
