"""Reads OpenMetrics text as strictly as its specification and as the parser
of node_exporter's textfile collector together; prints each sample.

usage: openmetrics.py FILE
"""
import re, sys

NAME = r'[a-zA-Z_:][a-zA-Z0-9_:]*'
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
NUMBER = r'[+-]?(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|Inf|NaN)'


def plain(text):
    return re.sub(r'\\(.)', lambda m: {'n': '\n'}.get(m[1], m[1]), text)


def read(text):
    assert text.endswith('\n# EOF\n'), 'no EOF'
    families, family, seen = {}, None, set()
    for line in text.split('\n')[:-2]:
        assert line != '# EOF', 'EOF before the end'
        if line.startswith('#'):
            m = re.fullmatch('# (TYPE|UNIT|HELP) (%s) (.+)' % NAME, line)
            assert m, line
            word, name, rest = m.groups()
            if name != family:
                # All of a family stands together.
                assert name not in families, name
                families[name] = family = name
                heads = {}
                families[name] = heads
            assert word not in heads and 'sample' not in heads, line
            heads[word] = rest
            if word == 'TYPE':
                assert rest in ('gauge', 'counter', 'untyped'), line
            if word == 'UNIT':
                assert name.endswith('_' + rest), line
            continue
        m = re.fullmatch(r'(%s)(?:\{(.*)\})? (%s)' % (NAME, NUMBER), line)
        assert m, line
        name, labels, value = m.groups()
        assert name == family and name.startswith('nvr_'), line
        assert 'TYPE' in heads and 'HELP' in heads, line
        heads['sample'] = True
        pairs = []
        if labels is not None:
            assert re.fullmatch(r'%s(,%s)*' % (LABEL, LABEL), labels), line
            pairs = [(k, plain(v)) for k, v in re.findall(LABEL, labels)]
            assert len(dict(pairs)) == len(pairs), line
        key = (name, tuple(sorted(pairs)))
        assert key not in seen, line
        seen.add(key)
        print(name, *('%s=%s' % p for p in pairs), float(value)
              if not float(value).is_integer() else int(float(value)))


with open(sys.argv[1], encoding='utf-8') as f:
    read(f.read())
