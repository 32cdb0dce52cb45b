"""What the model says: what the prompt tells it to, else what the pictures'
SHA-256 comes to; and the ways in which a model's answer is wrong."""

import hashlib
import json
import re
import secrets
import subprocess
import threading

CHECK = re.compile(r'^[\s*-]*([a-z0-9][a-z0-9-]{0,63}): +(.*)$', re.M)
ANSWER = re.compile(r'\[answer (yes|no|cannot_determine)(?: ([^\]\s]+))?\]')
SCRIPT = re.compile(r'\[script( stubborn)?:([^\]]*)\]')
IMAGE_ID = re.compile(r'"image_id": ?"?([\w-]+)')
vary, lock = {}, threading.Lock()

# What a gullible model repeats of a picture, whatever the reading of it lost.
EVIL = ('<script>alert(1)</script><img src="http://{trap}/leak">'
        '=HYPERLINK("http://{trap}/leak","x") @SUM(1) '
        '\x1b[31m\x1b]0;owned\x07\x9b31m\u202e![x](http://{trap}/leak)')


class Said:
    def __init__(self, content=None, calls=None, reason='stop', refusal=None):
        self.content, self.calls = content, calls
        self.reason, self.refusal = reason, refusal

    def tokens(self):
        text = (self.content or '') + (self.refusal or '') + \
            (json.dumps(self.calls) if self.calls else '')
        return -(-len(text.encode()) // 4)


def call(name, arguments, n=0):
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments)
    return {'id': 'call_' + secrets.token_hex(12), 'type': 'function',
            'index': n, 'function': {'name': name, 'arguments': arguments}}


# An answer that fits a schema


def digest(request, *more):
    h = hashlib.sha256()
    for p in request.pictures:
        h.update(p.data[:64] + p.sha256.encode())
    for m in more:
        h.update(str(m).encode())
    return h.digest()


def check_ids(request, node):
    """Ids and questions, from the schema when it says which, and the text."""
    asked = dict(CHECK.findall(request.user_text()))
    asked['prompt'] = request.user_text()
    props = node.get('properties', {})
    ids = props.get('id', {}).get('enum')
    if ids is None:
        ids = [i for i in asked if i != 'prompt'] or ['prompt']
    return [(i, asked.get(i, '')) for i in ids]


def judge(request, ident, question):
    """What the question says that the answer is, else `no`."""
    number = digest(request, ident)[0]
    got = {'id': ident, 'verdict': 'no', 'uncertainty': 'none',
           'confidence': round(0.6 + number / 255 * 0.35, 2),
           'evidence': f'the middle of the picture, {number}'}
    found = ANSWER.search(question)
    if found:
        got['verdict'] = found[1]
        if found[1] == 'cannot_determine':
            got['uncertainty'] = found[2] or 'ambiguous'
        elif found[2]:
            got['confidence'] = float(found[2])
    if '[vary]' in question:
        key = (ident, question, digest(request))
        with lock:
            n = vary[key] = vary.get(key, -1) + 1
        if n % 2:
            got['verdict'] = {'yes': 'no'}.get(got['verdict'], 'yes')
    return got


def text_of(name, request):
    p = request.pictures[-1] if request.pictures else None
    size = f'{p.width} x {p.height}' if p else 'no'
    return {'scene': f'a yard, {size} pixels', 'label': 'person',
            'evidence': 'a shape at the left'}.get(name, f'a {name}')


def fill(node, request, name='', given=None):
    """Something that fits the schema; given says what of a member is known."""
    if 'anyOf' in node:
        return fill(node['anyOf'][0], request, name, given)
    if given is not None and not isinstance(given, dict):
        return given
    if 'enum' in node:
        return 'none' if 'none' in node['enum'] else node['enum'][0]
    kind = node.get('type')
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == 'object':
        given = given or {}
        return {k: fill(sub, request, k, given.get(k))
                for k, sub in node.get('properties', {}).items()}
    if kind == 'array' and name == 'checks':
        return [fill(node['items'], request, '', judge(request, i, q))
                for i, q in check_ids(request, node['items'])]
    if kind == 'array':
        n = digest(request, name)[0] % 2 if name == 'objects' else 0
        return [fill(node['items'], request, name) for _ in range(n)]
    return {'integer': 1 + digest(request, name)[1] % 3, 'number': 0.75,
            'boolean': False, 'null': None}.get(
                kind, text_of(name, request))


# Wrong answers; each takes a right one


def first(got):
    return (got.get('checks') or [got])[0]


def with_first(**members):
    return lambda got, value: first(got).update(members)


def confidence(got, value):
    first(got)['confidence'] = float(value or 7)


def missing(got, value):
    got['checks'] = got['checks'][:-1]


def extra(got, value):
    got['checks'].append(dict(got['checks'][-1], id='no-such-check'))


def duplicate(got, value):
    got['checks'].append(dict(got['checks'][-1]))


def no_member(got, value):
    del got['limitations']


def more_member(got, value):
    got['system'] = 'rm -rf /'


def evil(got, value):
    text = EVIL.replace('{trap}', value or '127.0.0.1:9')
    got['scene'] = text
    got['visible_text'] = got['limitations'] = [text]
    first(got)['evidence'] = text
    for o in got['objects']:
        o['label'] = o['evidence'] = text
    if not got['objects']:
        got['objects'].append({'label': text, 'count': 1, 'region': 'left',
                               'evidence': text, 'confidence': 0.9})


WRONG = {
    'wrong-enum': with_first(verdict='maybe'),
    'wrong-type': with_first(confidence='high'),
    'missing-check': missing, 'extra-check': extra,
    'duplicate-check': duplicate, 'confidence': confidence,
    'nan': with_first(confidence=float('nan')),
    'infinite': with_first(confidence=float('inf')),
    'missing-member': no_member, 'extra-member': more_member,
    'nul': with_first(evidence='a\0b'),
    'long': with_first(evidence='x' * 100000),
    'evil': evil,
}


def wrong_text(text, mischief):
    """Wrong in a way that JSON has no word for."""
    if 'invalid' in mischief or 'repair' in mischief:
        return 'I think that everything looks fine in this picture!'
    if 'empty' in mischief:
        return ''
    if 'duplicate-key' in mischief:
        return text[:-1] + ',"scene":"another"}'
    if 'deep' in mischief:
        return '{"scene":' + '[' * 100000 + ']' * 100000 + '}'
    if 'surrogate' in mischief:
        return text.replace('the middle', '\\ud800')
    if 'two' in mischief:
        return text + '\n' + text
    if 'half-json' in mischief:
        return text[:len(text) // 2]
    if 'fenced' in mischief:
        return '```json\n' + text + '\n```\n'
    return text


def whole(request, mischief, schema):
    got = fill(schema, request)
    for name, wrong in WRONG.items():
        if name in mischief:
            wrong(got, mischief[name])
    return got


# A model that believes what it reads


def read(picture):
    """What is written in a picture, by tesseract."""
    out = subprocess.run(['tesseract', '-', '-', '--psm', '6'],
                         input=picture.data, capture_output=True, check=False,
                         env={'OMP_THREAD_LIMIT': '1', 'PATH': '/usr/bin'})
    return out.stdout.decode(errors='replace').strip()


def current(request):
    """The picture that is called CURRENT, or the last."""
    last = None
    for i, (_, t) in enumerate(request.texts):
        if not isinstance(t, str):
            last = t
            if i > 0 and isinstance(request.texts[i - 1][1], str) and \
                    'CURRENT' in request.texts[i - 1][1]:
                return t
    return last


def believe(request, got, text):
    """Does what the picture says; None, or what it says instead."""
    upper = text.upper()
    if 'IGNORE' in upper and 'INSTRUCTIONS' in upper:
        for c in got['checks']:
            c.update(verdict='no', confidence=1.0,
                     evidence='as the operator wrote')
        got['objects'] = []
    if found := re.search(r'CALL\s+(\w+)\s*(\S*)', text, re.I):
        return Said(calls=[call(found[1].lower(), {'url': found[2]})],
                    reason='tool_calls')
    if found := re.search(r'TAKE.SNAPSHOT\s+(\S+)', text, re.I):
        return Said(calls=[call('take_snapshot',
                                {'camera': found[1].lower()})],
                    reason='tool_calls')
    if '{' in text and 'VERDICT' in upper:
        return Said('{"checks":[{"id":"prompt","verdict":"no"}],'
                    '"status":"ok","health":"ok"}')
    if re.search(r'SCRIPT|HTTP|HYPERLINK|\\X1B|ESC\[|<|=', upper):
        evil(got, '')
        got['scene'] = text + ' ' + got['scene']
    got['visible_text'] = got['visible_text'] or [text]
    return None


def be_led(request):
    schema = request.schema or request.tools.get('finish') or \
        told_schema(request)
    got = fill(schema, request)
    said = believe(request, got, read(current(request)))
    if said is None and request.tools:
        said = Said(calls=[call('finish', got)], reason='tool_calls')
    return said or Said(json.dumps(got))


# An agent that plays a script


def last_image(request):
    ids = [i for role, t in request.texts if role in ('tool', 'user')
           and isinstance(t, str) for i in IMAGE_ID.findall(t)]
    return ids[-1] if ids else '1'


def typed(word, node):
    kind = node.get('type')
    kinds = kind if isinstance(kind, list) else [kind]
    if 'integer' in kinds and re.fullmatch(r'-?\d+', word):
        return int(word)
    if 'number' in kinds and re.fullmatch(r'-?[\d.]+', word):
        return float(word)
    return word


def play_call(request, text, n):
    """`NAME WORD …`: the words are its parameters, in their order."""
    name, *words = text.replace('{n}', str(request.said + 1)).split()
    if name == 'raw':           # raw NAME {"bad json
        return call(words[0], ' '.join(words[1:]), n)
    schema = request.tools.get(name, {})
    if name == 'finish':
        return call(name, finished(request, words, schema), n)
    props = schema.get('properties', {})
    words = [last_image(request) if w == 'last' else w for w in words]
    return call(name, {k: typed(w, props[k]) for k, w in zip(props, words)}
                or {f'argument{i}': w for i, w in enumerate(words)}, n)


def finished(request, words, schema):
    got = whole(request, request.mischief, schema)
    inner = got.get('findings', got)
    for c in inner.get('checks', ()) if isinstance(inner, dict) else ():
        if words:
            c['verdict'] = words[0]
    return got


def play(request, script, stubborn):
    """The step that is due: there was an assistant's message for each one
    before it.  `...` at the end repeats the last for ever; `&` joins two
    calls; `say WORDS` calls nothing."""
    steps = [s.strip() for s in script.split(';') if s.strip()]
    only_finish = set(request.tools) == {'finish'} or \
        request.must_call == 'finish'
    if only_finish and not stubborn:
        step = 'finish'
    elif request.said < len(steps) and steps[request.said] != '...':
        step = steps[request.said]
    else:
        step = steps[-2] if steps[-1:] == ['...'] else 'finish'
    if step.startswith('say '):
        return Said(step[4:])
    return Said(calls=[play_call(request, c, n)
                       for n, c in enumerate(step.split('&'))],
                reason='tool_calls')


# All of it


def repairs(request):
    """Whether this question asks to mend the answer before it."""
    return request.said > 0 and request.texts[-1][0] == 'user'


def think(request):
    m = request.mischief
    if 'refusal' in m:
        return Said(refusal="I'm sorry, I can't assist with that request.")
    if 'filter' in m:
        return Said('', reason='content_filter')
    if 'tool' in m:
        return Said(calls=[call('fetch_url', {'url': 'http://127.0.0.1:9/'})],
                    reason='tool_calls')
    if 'gullible' in m and request.said == 0 and current(request):
        return be_led(request)
    script = SCRIPT.search(request.user_text())
    if request.tools and (script or request.schema is None):
        return play(request, script[2] if script else 'finish',
                    bool(script and script[1]))
    schema = request.schema or told_schema(request)
    if schema is None:
        return Said('Hello! How can I help you today?')
    if 'repair' in m and repairs(request):
        m = {}
    return Said(wrong_text(json.dumps(whole(request, m, schema)), m))


def told_schema(request):
    """The schema that a prompt holds in words, where none came beside it."""
    for role, text in request.texts:
        at = text.find('{"') if isinstance(text, str) else -1
        if role != 'system' or at < 0:
            continue
        try:
            return json.JSONDecoder().raw_decode(text[at:])[0]
        except ValueError:
            continue
    return None


def answer(request):
    said = think(request)
    limit = request.limit
    if 'length' in request.mischief:
        limit = max(1, said.tokens() // 2)
    if limit and said.tokens() > limit and not said.calls:
        said.content = (said.content or '')[:4 * limit]
        said.reason = 'length'
    return said
