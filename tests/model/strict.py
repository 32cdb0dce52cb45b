"""Whether a request is one: what the real servers refuse, and a little more,
since what they let pass is not always meant."""

import base64
import binascii
import json
import re
import struct

from dialect import Refused, sha256

NAME = re.compile(r'^[a-zA-Z0-9_-]{1,64}$')
DATA_URL = re.compile(r'^data:image/(jpeg|png|webp|gif);base64,(.*)$', re.S)
KEYWORDS = {'type', 'properties', 'required', 'additionalProperties', 'items',
            'enum', 'const', 'anyOf', 'description', 'title', '$defs', '$ref'}
TYPES = {'object', 'array', 'string', 'number', 'integer', 'boolean', 'null'}
PARTS = {'text', 'image_url'}
DEPTH, PROPERTIES = 5, 100


def refuse(message, param=None, code=None):
    raise Refused(400, message, param=param, code=code)


# JSON


def constant(word):
    raise ValueError(word)      # NaN and its like are no JSON


def pairs(items):
    if len({k for k, _ in items}) < len(items):
        raise ValueError('a key twice')
    return dict(items)


def load(body):
    try:
        got = json.loads(body.decode(), parse_constant=constant,
                         object_pairs_hook=pairs)
    except (ValueError, RecursionError) as e:
        refuse('We could not parse the JSON body of your request. (HINT: This '
               "likely means you aren't using your HTTP library correctly. "
               f'The OpenAI API expects a JSON payload, {e}.)')
    if not isinstance(got, dict):
        refuse('The body is no object.')
    return got


# Pictures


class Picture:
    """A JPEG as it came; its size and segments are read, not its pixels."""

    def __init__(self, data, where, detail):
        self.data, self.where, self.detail = data, where, detail
        self.sha256 = sha256(data)
        self.width = self.height = 0
        self.segments = []
        self.scan()

    def scan(self):
        d, at = self.data, 2
        if d[:2] != b'\xff\xd8' or d[-2:] != b'\xff\xd9':
            raise ValueError('no JPEG')
        while True:
            if at + 4 > len(d) or d[at] != 0xff:
                raise ValueError('a JPEG that is torn')
            marker, size = struct.unpack_from('>BH', d, at + 1)
            if marker == 0xfe:
                self.segments.append('COM')
            elif 0xe0 <= marker <= 0xef:
                self.segments.append(f'APP{marker - 0xe0}')
            elif marker in (0xc0, 0xc1, 0xc2):
                self.height, self.width = struct.unpack_from('>HH', d, at + 5)
            elif marker == 0xda:
                break
            at += 2 + size
        if self.width < 1 or self.height < 1:
            raise ValueError('a JPEG without a size')

    def tokens(self):
        """As OpenAI has it: tiles of 512 in what fits 2048, then 768."""
        if self.detail == 'low':
            return 85
        w, h = self.width, self.height
        scale = min(1, 2048 / max(w, h))
        scale = min(scale, 768 / min(w, h))
        return 85 + 170 * -(-int(w * scale) // 512) * -(-int(h * scale) // 512)

    def log(self):
        return {'sha256': self.sha256, 'bytes': len(self.data),
                'width': self.width, 'height': self.height,
                'detail': self.detail, 'segments': self.segments}


def picture(part, where, message):
    image = part.get('image_url')
    if message['role'] != 'user':
        refuse(f"Invalid '{where}'. Image URLs are only allowed for messages "
               f"with role 'user', but this message with role "
               f"'{message['role']}' contains an image URL.", where,
               'invalid_value')
    if not isinstance(image, dict) or not isinstance(image.get('url'), str):
        refuse(f"Missing required parameter: '{where}.image_url.url'.", where)
    detail = image.get('detail', 'auto')
    if detail not in ('low', 'high', 'auto') or set(image) - {'url', 'detail'}:
        refuse(f"Invalid value: '{where}.image_url'.", where, 'invalid_value')
    found = DATA_URL.match(image['url'])
    if not found:
        refuse('Invalid image_url: only base64 data of a picture is taken '
               'here, nothing is fetched.', where, 'invalid_image_url')
    try:
        data = base64.b64decode(found[2], validate=True)
    except (binascii.Error, ValueError):
        refuse('Invalid base64 image_url.', where, 'invalid_base64')
    try:
        if found[1] != 'jpeg':
            raise ValueError(found[1])
        return Picture(data, where, detail)
    except (ValueError, struct.error) as e:
        refuse('You uploaded an unsupported image. Please make sure your '
               "image has of one the following formats: ['jpeg']. "
               f'It is {e}.', where, 'invalid_image_format')


# Messages


def content(message, where, request):
    got = message.get('content')
    if got is None and message['role'] == 'assistant' and \
            message.get('tool_calls'):
        return
    if isinstance(got, str):
        request.texts.append((message['role'], got))
        return
    if not isinstance(got, list) or not got:
        refuse(f"Invalid type for '{where}.content': expected one of a string "
               'or array of objects.', where + '.content', 'invalid_type')
    for i, part in enumerate(got):
        at = f'{where}.content[{i}]'
        kind = part.get('type') if isinstance(part, dict) else None
        if kind not in PARTS or set(part) != {'type', kind}:
            refuse(f"Invalid value: '{at}.type'. Supported values are: "
                   f"'text', 'image_url'.", at, 'invalid_value')
        if kind == 'image_url':
            request.pictures.append(picture(part, at, message))
            request.texts.append((message['role'], request.pictures[-1]))
        elif isinstance(part['text'], str):
            request.texts.append((message['role'], part['text']))
        else:
            refuse(f"Invalid type for '{at}.text'.", at, 'invalid_type')


def calls(message, where):
    got = message.get('tool_calls')
    if got is None:
        return []
    if not isinstance(got, list) or not got:
        refuse(f"Invalid '{where}.tool_calls': empty array.", where,
               'empty_array')
    for c in got:
        f = c.get('function') if isinstance(c, dict) else None
        if not isinstance(f, dict) or c.get('type') != 'function' or \
                not isinstance(c.get('id'), str) or not c['id'] or \
                not isinstance(f.get('arguments'), str) or \
                not NAME.match(str(f.get('name', ''))):
            refuse(f"Invalid '{where}.tool_calls'.", where, 'invalid_value')
    return [c['id'] for c in got]


ALLOWED = {'system': set(), 'developer': set(), 'user': set(),
           'assistant': {'tool_calls', 'refusal', 'annotations',
                         'reasoning_content'},
           'tool': {'tool_call_id'}}


def messages(request):
    got = request.body.get('messages')
    if not isinstance(got, list) or not got:
        refuse("Invalid 'messages': empty array. Expected an array with "
               'minimum length 1, but got an empty array instead.',
               'messages', 'empty_array')
    waiting = []                # calls that no message of a tool answers yet
    for i, m in enumerate(got):
        where = f'messages[{i}]'
        role = m.get('role') if isinstance(m, dict) else None
        if role not in ALLOWED:
            refuse(f"Invalid value: '{role}'. Supported values are: 'system', "
                   "'assistant', 'user', 'tool', and 'developer'.",
                   where + '.role', 'invalid_value')
        extra = set(m) - ALLOWED[role] - {'role', 'content', 'name'}
        if extra:
            refuse(f"Unknown parameter: '{where}.{min(extra)}'.", where,
                   'unknown_parameter')
        if role == 'tool':
            if m.get('tool_call_id') not in waiting:
                refuse("Invalid parameter: messages with role 'tool' must be "
                       'a response to a preceeding message with '
                       "'tool_calls'.", where + '.role')
            waiting.remove(m['tool_call_id'])
        elif waiting:
            break
        content(m, where, request)
        if role == 'assistant':
            waiting = calls(m, where)
            request.said += 1
    if waiting:
        refuse("An assistant message with 'tool_calls' must be followed by "
               "tool messages responding to each 'tool_call_id'. The "
               'following tool_call_ids did not have response messages: '
               + ', '.join(waiting), 'messages')


# Schemas


def schema(node, path, what, param, count, depth=1):
    """OpenAI's subset for `strict`: everything is required, nothing more is
    allowed, and no bounds."""
    def bad(why):
        refuse(f'Invalid schema for {what}: In context={path}, {why}.', param,
               'invalid_json_schema' if 'response' in what else
               'invalid_function_parameters')
    if not isinstance(node, dict):
        bad('it is not an object')
    if depth > DEPTH + 1:
        bad(f'it is deeper than {DEPTH} levels')
    for key in node:
        if key not in KEYWORDS:
            bad(f"'{key}' is not permitted")
    if 'anyOf' in node:
        for i, sub in enumerate(node['anyOf']):
            schema(sub, path + ('anyOf', str(i)), what, param, count, depth)
        return
    kinds = node.get('type')
    kinds = kinds if isinstance(kinds, list) else [kinds]
    if not set(kinds) <= TYPES:
        bad(f"schema must have a 'type' key, not {kinds}")
    if 'object' in kinds:
        props = node.get('properties', {})
        count[0] += len(props)
        if node.get('additionalProperties') is not False:
            bad("'additionalProperties' is required to be supplied and to be "
                'false')
        missing = set(props) ^ set(node.get('required', ()))
        if missing or 'required' not in node:
            bad("'required' is required to be supplied and to be an array "
                'including every key in properties. Missing '
                f"'{min(missing, default='')}'")
        for name, sub in props.items():
            schema(sub, path + ('properties', name), what, param, count,
                   depth + 1)
    if 'array' in kinds:
        if 'items' not in node:
            bad('array schema missing items')
        schema(node['items'], path + ('items',), what, param, count, depth)
    if count[0] > PROPERTIES:
        bad(f'there are more than {PROPERTIES} properties')


def response_format(request):
    got = request.body.get('response_format')
    if got is None:
        return
    kind = got.get('type') if isinstance(got, dict) else None
    if kind == 'json_object':
        if not any('json' in t.lower() for _, t in request.texts
                   if isinstance(t, str)):
            refuse("'messages' must contain the word 'json' in some form, to "
                   "use 'response_format' of type 'json_object'.", 'messages')
        return
    if kind == 'text':
        return
    js = got.get('json_schema') if kind == 'json_schema' else None
    if not isinstance(js, dict) or set(got) != {'type', 'json_schema'}:
        refuse("Invalid value: 'response_format'.", 'response_format',
               'invalid_value')
    if not NAME.match(str(js.get('name', ''))):
        refuse("Invalid 'response_format.json_schema.name'.",
               'response_format.json_schema.name', 'invalid_value')
    if js.get('strict') is not True:
        refuse("Here 'response_format.json_schema.strict' must be true.",
               'response_format.json_schema.strict')
    what = f"response_format '{js['name']}'"
    root = js.get('schema')
    if not isinstance(root, dict) or root.get('type') != 'object':
        refuse(f'Invalid schema for {what}: schema must be a JSON Schema of '
               "'type: \"object\"', got 'type: None'.", 'response_format')
    schema(root, (), what, 'response_format', [0])
    request.schema, request.schema_name = root, js['name']


def tools(request):
    got = request.body.get('tools')
    if got is not None and (not isinstance(got, list) or not got):
        refuse("Invalid 'tools': empty array.", 'tools', 'empty_array')
    for i, t in enumerate(got or ()):
        f = t.get('function') if isinstance(t, dict) else None
        if not isinstance(f, dict) or t.get('type') != 'function' or \
                not NAME.match(str(f.get('name', ''))):
            refuse(f"Invalid 'tools[{i}].function.name'.", f'tools[{i}]',
                   'invalid_value')
        if f['name'] in request.tools:
            refuse(f"Invalid 'tools': '{f['name']}' is there twice.", 'tools')
        if f.get('strict') is True:
            schema(f.get('parameters'), (), f"function '{f['name']}'",
                   f'tools[{i}].function.parameters', [0])
        request.tools[f['name']] = f.get('parameters', {})
    if 'parallel_tool_calls' in request.body and not request.tools and \
            not request.dialect.lenient:
        refuse("Invalid value for 'parallel_tool_calls': "
               "'parallel_tool_calls' is only allowed when 'tools' are "
               'specified.', 'parallel_tool_calls')
    choose(request)


def choose(request):
    got, dialect = request.body.get('tool_choice'), request.dialect
    if got is None or 'tool_choice' not in dialect.fields:
        return
    if not request.tools:
        refuse("Invalid value for 'tool_choice': 'tool_choice' is only "
               "allowed when 'tools' are specified.", 'tool_choice')
    if isinstance(got, dict) and dialect.objects_choose:
        name = got.get('function', {}).get('name')
        if name not in request.tools:
            refuse(f"Tool choice '{name}' not found in 'tools' parameter.",
                   'tool_choice')
        request.must_call = name
    elif isinstance(got, dict):
        request.ignored.append('tool_choice')
    elif got not in ('none', 'auto', 'required'):
        refuse(f"Invalid value: '{got}'.", 'tool_choice', 'invalid_value')
    elif got == 'required':
        request.must_call = ''


# The rest


def number(body, name, low, high, whole=False):
    got = body.get(name)
    if got is None:
        return
    if isinstance(got, bool) or not isinstance(got, int if whole else
                                               (int, float)):
        refuse(f"Invalid type for '{name}'.", name, 'invalid_type')
    if not low <= got <= high:
        refuse(f"Invalid '{name}': {got} is not within {low} and {high}.",
               name, 'invalid_value')


def fields(request):
    body, dialect = request.body, request.dialect
    unknown = set(body) - dialect.fields
    if unknown and not dialect.lenient:
        refuse(f"Unknown parameter: '{min(unknown)}'.", min(unknown),
               'unknown_parameter')
    request.ignored = sorted(unknown)
    for name in dialect.refused_fields:
        if name in body and 'old' not in request.mischief:
            refuse(f"Unsupported parameter: '{name}' is not supported with "
                   'this model. Use '
                   f"'{dialect.limit_fields[0]}' instead.", name,
                   'unsupported_parameter')
    limits = [body[n] for n in dialect.limit_fields + dialect.refused_fields
              if n in body]
    for name in ('max_tokens', 'max_completion_tokens'):
        number(body, name, 1, 1 << 20, True)
    if len(limits) > 1:
        refuse("Setting 'max_tokens' and 'max_completion_tokens' at the same "
               'time is not supported.', 'max_tokens')
    request.limit = limits[0] if limits else None
    number(body, 'temperature', 0, 2)
    if body.get('stream'):
        refuse('Nothing is streamed here.', 'stream')
    if dialect.wants_store and 'no-store' not in request.mischief and \
            body.get('store') is not False:
        refuse("Here 'store' must be there, and false.", 'store')
    if 'reasoning_effort' in body and body['reasoning_effort'] not in (
            'none', 'minimal', 'low', 'medium', 'high', 'xhigh'):
        refuse("Invalid value: 'reasoning_effort'.", 'reasoning_effort')
    if not isinstance(body.get('model'), str) or not body['model']:
        refuse('you must provide a model parameter')


class Request:
    """A request that was understood."""

    def __init__(self, raw, dialect, mischief):
        self.dialect, self.mischief = dialect, mischief
        self.texts, self.pictures = [], []      # in the order they came
        self.schema = self.schema_name = self.limit = self.must_call = None
        self.tools, self.ignored, self.said = {}, [], 0
        self.body = load(raw)

    def check(self):
        fields(self)
        messages(self)
        response_format(self)
        tools(self)
        if len(self.pictures) > self.dialect.most_pictures:
            refuse('Too many images in request.', 'messages')

    def user_text(self):
        return '\n'.join(t for role, t in self.texts
                         if role == 'user' and isinstance(t, str))

    def tokens(self):
        """Four bytes of text a token, and four for each message."""
        text = sum(-(-len(t.encode()) // 4) for _, t in self.texts
                   if isinstance(t, str))
        for extra in (self.schema, self.body.get('tools')):
            text += len(json.dumps(extra)) // 4 if extra else 0
        return text + 4 * len(self.body['messages']) + \
            sum(p.tokens() for p in self.pictures)

    def log(self):
        def shown(t):
            return t if isinstance(t, str) else {'picture': t.sha256}
        return {'model': self.body.get('model'), 'schema': self.schema_name,
                'tools': sorted(self.tools), 'must_call': self.must_call,
                'limit': self.limit, 'ignored': self.ignored,
                'fields': sorted(self.body),
                'temperature': self.body.get('temperature'),
                'store': self.body.get('store'),
                'pictures': [p.log() for p in self.pictures],
                'messages': [[role, shown(t)] for role, t in self.texts]}
