"""What goes wrong, by name.  A plan is steps separated by dots, the last of
which stays; `~N` holds a step for N requests, after the last of which all is
well; `+` joins what goes wrong at once:

    429,retry-after-ms=50~2        twice, then fine
    503~1.invalid~1                first this, then that, then fine
    no-usage+ratelimit=500ms       both, always
"""

import json
import re
import threading
from email.utils import formatdate
from time import time
from urllib.parse import unquote

from dialect import Refused

STATUS = re.compile(r'^[345]\d\d$')
PROMPT = re.compile(r'\[k ([^\s\]]+)(?: ([^\s\]]+))?\]')
counts, lock = {}, threading.Lock()


def step(plan, key):
    """What goes wrong this time, as {name: value}."""
    steps = []
    for word in plan.split('.'):
        what, _, n = word.partition('~')
        steps.append((what, int(n) if n else None))
    with lock:
        at = counts[key] = counts.get(key, -1) + 1
    for what, n in steps:
        if n is None or at < n:
            return dict(w.split('=', 1) if '=' in w and ',' not in w
                        else (w, '') for w in what.split('+') if w)
        at -= n
    return {}


def of_path(path):
    """/k/PLAN[/TAG]/v1/…: each PLAN/TAG counts its own requests."""
    parts = unquote(path).split('/')
    if len(parts) < 3 or parts[1] != 'k':
        return {}
    tag = parts[3] if len(parts) > 3 else ''
    return step(parts[2], (parts[2], tag))


def of_prompt(text):
    """[k PLAN TAG] in what the user says."""
    found = PROMPT.search(text)
    return step(found[1], (found[1], found[2])) if found else {}


def refusal(name, dialect):
    """429,retry-after=1,should-retry=true,quota: an error with headers."""
    status, *words = name.split(',')
    if not STATUS.match(status):
        return None
    headers, quota = {}, False
    for word in words:
        key, _, value = word.partition('=')
        if key == 'quota':
            quota = True
        elif key == 'date':
            headers['Retry-After'] = formatdate(time() + float(value),
                                                usegmt=True)
        elif key == 'should-retry':
            headers['x-should-retry'] = value
        else:
            headers[key] = value
    if quota:
        return Refused(429, 'You exceeded your current quota, please check '
                       'your plan and billing details.', 'insufficient_quota',
                       None, 'insufficient_quota', headers)
    if status == '429':
        return dialect.limited(headers)
    words = {'500': 'The server had an error while processing your request. '
             'Sorry about that!', '503': 'Service Unavailable'}
    return Refused(int(status), words.get(status, 'It did not work.'),
                   'server_error' if status > '499' else
                   'invalid_request_error', headers=headers)


def echo(got, how, key):
    """The bytes of an answer that repeats the key in the model's name, what it
    says and the arguments of tools: as it is; `escaped`, as JSON may have it;
    `deep`, as the JSON within a string may."""
    mark, said = 'THE-KEY', got['choices'][0]['message']
    got['model'] += f'-{mark}'
    calls = [c['function'] for c in said.get('tool_calls') or ()]
    for o, name in [(said, 'content')] + [(f, 'arguments') for f in calls]:
        o[name] = re.sub('("(evidence|camera)": ")', rf'\1{mark} ',
                         o[name] or '') or None
    slash = {'': '', 'escaped': '\\', 'deep': '\\\\'}[how]
    if slash:
        key = ''.join(c if i % 8 else f'{slash}u{ord(c):04x}'
                      for i, c in enumerate(key))
    return json.dumps(got).replace(mark, key).encode()


REFUSED = {'temperature': 'no-temperature', 'store': 'no-store',
           'response_format': 'no-schema', 'tool_choice': 'no-tool-choice',
           'tools': 'no-tools'}


def dislikes(request):
    """What this model does not take, which a quirk is for."""
    body, mischief = request.body, request.mischief
    for field, name in REFUSED.items():
        if field not in body or name not in mischief:
            continue
        if field == 'response_format' and body[field].get('type') != \
                'json_schema':
            continue
        raise Refused(400, f"Unsupported parameter: '{field}' is not "
                      'supported with this model.', param=field,
                      code='unsupported_parameter')
    if 'old' in mischief and 'max_completion_tokens' in body:
        raise Refused(400, 'Unrecognized request argument supplied: '
                      'max_completion_tokens')
    if 'no-vision' in mischief and request.pictures:
        raise Refused(500, 'image input is not supported - hint: if this is '
                      'unexpected, you may need to provide the mmproj',
                      'server_error')
    if body['model'] == 'gpt-6-luna':
        if body.get('temperature', 1) != 1:
            raise Refused(400, "Unsupported value: 'temperature' does not "
                          f"support {body['temperature']} with this model. "
                          'Only the default (1) value is supported.',
                          param='temperature', code='unsupported_value')
        if request.tools and body.get('reasoning_effort') != 'none':
            raise Refused(400, 'Function tools with reasoning_effort are not '
                          'supported for gpt-6-luna in /v1/chat/completions. '
                          "Set 'reasoning_effort' to 'none'.",
                          param='reasoning_effort')
