"""The grammar of tokens in regular expressions, as the servers' own lexers have it (their sql/sql_lex.cc)."""

import re

# A character of a bare name: everything but ASCII punctuation and space of any kind.
NOT_A_NAME = r"\x00-#%-/:-@\[-^`{-\x7f\s\u200b\ufeff"
_END_OF_WORD = rf"(?![^{NOT_A_NAME}])"
_CHARSETS = (
    "armscii8|ascii|big5|binary|cp\\d+|dec8|eucjpms|euckr|gb18030|gb2312|gbk|geostd8|greek|hebrew|hp8|keybcs2"
    "|koi8[ru]|latin[1257]|macce|macroman|sjis|swe7|tis620|ucs2|ujis|utf16(?:le)?|utf32|utf8(?:mb[34])?"
)
# Groups are kept from backtracking as (?>(?:...)*), never as (?:...)*+: the latter goes wrong in Python 3.11 before
# 3.11.5, Debian 12's among them, where the group can backtrack (https://github.com/python/cpython/issues/106052).
_NUMBER = (
    rf"(?:0[xX][0-9a-fA-F]++{_END_OF_WORD}|0[bB][01]++{_END_OF_WORD}"
    rf"|\d++(?:\.\d*+(?:[eE][+-]?\d++)?|(?:[eE][+-]?\d++)?{_END_OF_WORD})"
    r"|(?<![\w$`])\.\d++(?:[eE][+-]?\d++)?)"
)
# What every server skips: a version that none will have.
_NEVER_EXECUTED = r"/\*M?!99[0-9]{3,4}(?![0-9])"


def _string_pattern(quote: str, open_group: str, *, escapes: bool) -> str:
    inside = rf"(?:\\(?:.|\Z)|{quote}{quote})" if escapes else quote * 2
    plain = rf"[^{quote}\\]*+" if escapes else rf"[^{quote}]*+"
    return rf"{quote}{plain}(?>(?:{inside}{plain})*)(?:{quote}|(?P<{open_group}>\Z))"


# A string without a backslash reads the same in every sql_mode, so long runs of them go in one match.
_SIMPLE = rf"(?:{_NUMBER}|\?|'[^'\\]*+'(?!'))"
_SPACE = r"[\s\x00-\x1f\x7f\u200b\ufeff]*+"
_NEXT = rf"{_SPACE},{_SPACE}[-+]?(?:{_SIMPLE}|[nN][uU][lL][lL]{_END_OF_WORD})"
_ROW = rf"\({_SPACE}[-+]?(?:{_SIMPLE}|[nN][uU][lL][lL]{_END_OF_WORD})(?>(?:{_NEXT})*){_SPACE}\)"


def _compile(*, ansi_quotes: bool, escapes: bool) -> re.Pattern[str]:
    single = _string_pattern("'", "open1", escapes=escapes)
    double = _string_pattern('"', "open2", escapes=escapes and not ansi_quotes)
    return re.compile(
        rf"""{_SPACE}(?:
            (?P<word>(?![\d_$]|[xXbBnN]')[^{NOT_A_NAME}]++)
           |(?P<symbol>[=);,{{}}]|\.(?![\d.]))
           |(?P<skip>_(?:{_CHARSETS})(?={_SPACE}(?:['"]|[xXbBnN]'|0[xX]))|\Z)
           |(?P<comment>--(?=[\x00-\x20\x7f]|\Z)[^\n]*+|\#[^\n]*+
                |(?:/\*(?!M?!)|{_NEVER_EXECUTED})(?:.*?\*/|(?P<open3>.*+)))
           |(?P<enter>/\*M?!(?:[0-9]{{5,6}})?)
           |(?P<rows>{_ROW}(?>(?:{_SPACE},{_SPACE}{_ROW})+))
           |(?P<list>{_SIMPLE}(?>(?:,[ ]\.\.\.|{_NEXT})+))
           |(?P<value>{_NUMBER}|\?|\\N{_END_OF_WORD}
               |@(?!@)(?:[\w$.]++|\?|`[^`]*+(?>(?:``[^`]*+)*)(?:`|(?P<open4>\Z)))?
               |[xXbBnN]?{single})
           |(?P<double>{double})
           |(?P<name>`[^`]*+(?>(?:``[^`]*+)*)(?:`|(?P<open5>\Z)))
           |(?P<dollars>\$[^{NOT_A_NAME}$]*+\$)
           |(?P<odd_word>[^{NOT_A_NAME}]++)
           |(?P<ellipsis>\.\.\.)
           |(?P<leave>\*/)
           |(?P<odd_symbol><=>|<=|>=|!=|<>|<<|>>|\|\||&&|:=|->>|->|@@|.))""",
        re.DOTALL | re.VERBOSE,
    )


# By (ANSI_QUOTES, backslashes escape); where they do not, no string has escapes, whatever double quotes mean.
PATTERNS = {
    (ansi_quotes, escapes): _compile(ansi_quotes=ansi_quotes, escapes=escapes)
    for ansi_quotes in (False, True)
    for escapes in (False, True)
}
OPEN_GROUPS = ("open1", "open2", "open3", "open4", "open5")
