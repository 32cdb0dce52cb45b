"""The five kinds of server: how each is asked, and how each answers."""

import hashlib
import secrets
import time

OPENAI_FIELDS = set('''audio frequency_penalty logit_bias logprobs
max_completion_tokens max_tokens messages metadata modalities model n
parallel_tool_calls prediction presence_penalty prompt_cache_key
reasoning_effort response_format safety_identifier seed service_tier stop
store stream stream_options temperature tool_choice tools top_logprobs top_p
user verbosity web_search_options'''.split())

# The others pass over what they do not know; what they read of ours:
READ = set('''model messages temperature tools response_format
max_tokens'''.split())
LLAMA_FIELDS = READ | {'max_completion_tokens', 'parallel_tool_calls',
                       'tool_choice'}
VLLM_FIELDS = LLAMA_FIELDS | {'reasoning_effort'}

NO_KEY = '''You didn't provide an API key. You need to provide your API key \
in an Authorization header using Bearer auth (i.e. Authorization: Bearer \
YOUR_KEY), or as the password field (with blank username) if you're accessing \
the API from your browser and are prompted for a username and password. You \
can obtain an API key from https://platform.openai.com/account/api-keys.'''
AZURE_KEY = '''Access denied due to invalid subscription key or wrong API \
endpoint. Make sure to provide a valid key for an active subscription and use \
a correct regional API endpoint for your resource.'''
AZURE_FILTER = '''The response was filtered due to the prompt triggering Azure \
OpenAI's content management policy. Please modify your prompt and retry. To \
learn more about our content filtering policies please read our \
documentation: https://go.microsoft.com/fwlink/?linkid=2198766'''


class Refused(Exception):
    """A request that gets an error; the dialect says in which shape."""

    def __init__(self, status, message, kind='invalid_request_error',
                 param=None, code=None, headers=None):
        super().__init__(message)
        self.status, self.message, self.kind = status, message, kind
        self.param, self.code = param, code
        self.headers = headers or {}


def masked(key):
    """As OpenAI shows a key that it does not know."""
    if len(key) <= 12:
        return '*' * len(key)
    return key[:8] + '*' * (len(key) - 12) + key[-4:]


def safety(filtered=None):
    return {k: {'filtered': k == filtered,
                'severity': 'medium' if k == filtered else 'safe'}
            for k in ('hate', 'self_harm', 'sexual', 'violence')}


class OpenAI:
    name = 'openai'
    models = ('gpt-4o', 'gpt-4o-mini', 'gpt-6-luna')
    owner = 'system'
    fields = OPENAI_FIELDS
    lenient = False             # fields it does not know are refused
    needs_key = True
    # Which of the two says how long an answer may be, and which is refused.
    limit_fields, refused_fields = ('max_completion_tokens',), ('max_tokens',)
    wants_store = True
    most_pictures = 500
    objects_choose = True       # tool_choice may be an object

    def key_of(self, headers):
        kind, _, key = headers.get('Authorization', '').partition(' ')
        return key.strip() if kind.lower() == 'bearer' else ''

    def bad_key(self, key):
        if not key:
            return Refused(401, NO_KEY)
        return Refused(401, f'Incorrect API key provided: {masked(key)}. You '
                       'can find your API key at https://platform.openai.com/'
                       'account/api-keys.', code='invalid_api_key')

    def no_model(self, model):
        return Refused(404, f'The model `{model}` does not exist or you do '
                       'not have access to it.', code='model_not_found')

    def limited(self, headers):
        return Refused(429, 'Rate limit reached for gpt-4o in organization '
                       'org-test on requests per min (RPM): Limit 500, Used '
                       '500, Requested 1. Please try again in 120ms. Visit '
                       'https://platform.openai.com/account/rate-limits to '
                       'learn more.', 'requests', None, 'rate_limit_exceeded',
                       headers)

    def filtered(self):
        return Refused(400, 'Your request was rejected as a result of our '
                       'safety system.', 'image_generation_user_error',
                       None, 'content_policy_violation')

    def error(self, e):
        return {'error': {'message': e.message, 'type': e.kind,
                          'param': e.param, 'code': e.code}}

    def headers(self):
        rid = 'req_' + secrets.token_hex(16)
        return {'x-request-id': rid, 'openai-version': '2020-10-01',
                'openai-processing-ms': '17',
                'x-ratelimit-limit-requests': '500',
                'x-ratelimit-limit-tokens': '30000',
                'x-ratelimit-remaining-requests': '499',
                'x-ratelimit-remaining-tokens': '28000',
                'x-ratelimit-reset-requests': '120ms',
                'x-ratelimit-reset-tokens': '6m0s'}

    def snapshot(self, model):
        return model + '-2024-08-06' if model == 'gpt-4o' else model

    def usage(self, tokens_in, tokens_out, cached):
        return {'prompt_tokens': tokens_in, 'completion_tokens': tokens_out,
                'total_tokens': tokens_in + tokens_out,
                'prompt_tokens_details':
                    {'cached_tokens': cached, 'audio_tokens': 0},
                'completion_tokens_details':
                    {'reasoning_tokens': 0, 'audio_tokens': 0,
                     'accepted_prediction_tokens': 0,
                     'rejected_prediction_tokens': 0}}

    def message(self, said):
        m = {'role': 'assistant', 'content': said.content,
             'refusal': said.refusal, 'annotations': []}
        if said.calls:
            m['tool_calls'] = said.calls
        return m

    def answer(self, model, said, tokens_in, tokens_out, cached):
        return {'id': 'chatcmpl-' + secrets.token_hex(14),
                'object': 'chat.completion', 'created': int(time.time()),
                'model': self.snapshot(model),
                'choices': [{'index': 0, 'message': self.message(said),
                             'logprobs': None, 'finish_reason': said.reason}],
                'usage': self.usage(tokens_in, tokens_out, cached),
                'service_tier': 'default',
                'system_fingerprint': 'fp_44709d6fcb'}

    def listed(self, model, shutdown):
        return {'id': model, 'object': 'model', 'created': 1715367049,
                'owned_by': self.owner, 'shutdown_date': shutdown}

    def list(self, models):
        return {'object': 'list', 'data': models}


class Azure(OpenAI):
    name = 'azure'
    wants_store = False
    most_pictures = 10

    def key_of(self, headers):
        return headers.get('api-key', '')

    def bad_key(self, key):
        return Refused(401, AZURE_KEY, code='401')

    def no_model(self, model):
        return Refused(404, 'The API deployment for this resource does not '
                       'exist. If you created the deployment within the last '
                       '5 minutes, please wait a moment and try again.',
                       code='DeploymentNotFound')

    def limited(self, headers):
        return Refused(429, 'Requests to the ChatCompletions_Create Operation '
                       'under Azure OpenAI API version 2024-10-21 have '
                       'exceeded call rate limit of your current OpenAI S0 '
                       'pricing tier.', code='429', headers=headers)

    def filtered(self):
        return Refused(400, AZURE_FILTER, None, 'prompt', 'content_filter')

    def error(self, e):
        if e.code == 'content_filter':
            return {'error': {
                'message': e.message, 'type': None, 'param': 'prompt',
                'code': e.code, 'status': 400, 'innererror': {
                    'code': 'ResponsibleAIPolicyViolation',
                    'content_filter_result': safety('violence')}}}
        if e.code in ('401', '429', 'DeploymentNotFound'):
            return {'error': {'code': e.code, 'message': e.message}}
        return super().error(e)

    def headers(self):
        return {'apim-request-id': secrets.token_hex(16),
                'x-ms-region': 'Sweden Central',
                'x-ms-client-request-id': secrets.token_hex(16),
                'x-ratelimit-remaining-requests': '9',
                'x-ratelimit-remaining-tokens': '9000'}

    def answer(self, model, said, tokens_in, tokens_out, cached):
        a = super().answer(model, said, tokens_in, tokens_out, cached)
        a['prompt_filter_results'] = [
            {'prompt_index': 0, 'content_filter_results': safety()}]
        a['choices'][0]['content_filter_results'] = \
            safety('violence' if said.reason == 'content_filter' else None)
        return a

    def listed(self, model, shutdown):
        return {'id': model, 'object': 'model', 'created_at': 1715367049,
                'status': 'succeeded', 'lifecycle_status': 'generally-available',
                'capabilities': {'chat_completion': True},
                'deprecation': {'inference': 1806883200}}


class LlamaServer(OpenAI):
    name = 'llama-server'
    models = ('gemma-3-4b-it-Q4_K_M.gguf',)
    owner = 'llamacpp'
    fields = LLAMA_FIELDS
    lenient = True
    needs_key = False
    limit_fields = ('max_completion_tokens', 'max_tokens')
    refused_fields = ()
    wants_store = False
    objects_choose = False

    def bad_key(self, key):
        return Refused(401, 'Invalid API Key', 'authentication_error')

    def error(self, e):
        return {'error': {'code': e.status, 'message': e.message,
                          'type': e.kind}}

    def headers(self):
        return {'Server': 'llama.cpp'}

    def snapshot(self, model):
        return model

    def usage(self, tokens_in, tokens_out, cached):
        return {'completion_tokens': tokens_out, 'prompt_tokens': tokens_in,
                'total_tokens': tokens_in + tokens_out}

    def message(self, said):
        m = {'role': 'assistant', 'content': said.content}
        if said.calls:
            m['tool_calls'] = said.calls
        return m

    def answer(self, model, said, tokens_in, tokens_out, cached):
        a = super().answer(model, said, tokens_in, tokens_out, cached)
        del a['service_tier'], a['choices'][0]['logprobs']
        a['system_fingerprint'] = 'b6123-79c1160b'
        a['timings'] = {'prompt_n': tokens_in, 'prompt_ms': 812.5,
                        'predicted_n': tokens_out, 'predicted_ms': 1490.2,
                        'predicted_per_second': tokens_out / 1.4902}
        return a

    def listed(self, model, shutdown):
        return {'id': model, 'object': 'model', 'created': int(time.time()),
                'owned_by': self.owner,
                'meta': {'n_ctx_train': 131072, 'n_params': 3880099328}}

    def list(self, models):
        return {'models': [{'name': m['id'], 'model': m['id'],
                            'capabilities': ['completion', 'multimodal']}
                           for m in models],
                'object': 'list', 'data': models}

    def props(self, vision):
        return {'default_generation_settings': {'n_ctx': 8192},
                'total_slots': 4, 'model_path': '/models/' + self.models[0],
                'modalities': {'vision': vision, 'audio': False},
                'chat_template': '', 'build_info': 'b6123-79c1160b'}


class Ollama(LlamaServer):
    name = 'ollama'
    models = ('llava:latest',)
    owner = 'library'
    fields = READ | {'reasoning_effort'}
    limit_fields = ('max_tokens',)

    def key_of(self, headers):
        return ''               # whoever reaches it may ask

    def no_model(self, model):
        return Refused(404, f'model "{model}" not found, try pulling it '
                       'first', 'api_error')

    def error(self, e):
        return {'error': {'message': e.message, 'type': e.kind,
                          'param': None, 'code': None}}

    def headers(self):
        return {}

    def message(self, said):
        m = super().message(said)
        m['content'] = m['content'] or ''
        return m

    def answer(self, model, said, tokens_in, tokens_out, cached):
        a = super().answer(model, said, tokens_in, tokens_out, cached)
        del a['timings']
        a['id'] = 'chatcmpl-' + str(secrets.randbelow(1000))
        a['system_fingerprint'] = 'fp_ollama'
        return a

    def listed(self, model, shutdown):
        return {'id': model, 'object': 'model', 'created': 1731974400,
                'owned_by': self.owner}

    def list(self, models):
        return {'object': 'list', 'data': models}


class VLLM(LlamaServer):
    name = 'vllm'
    models = ('Qwen/Qwen2.5-VL-7B-Instruct',)
    owner = 'vllm'
    fields = VLLM_FIELDS
    objects_choose = True

    def bad_key(self, key):
        return Refused(401, 'Unauthorized')

    def no_model(self, model):
        return Refused(404, f'The model `{model}` does not exist.',
                       'NotFoundError')

    def error(self, e):
        if e.status == 401:
            return {'error': e.message}
        return {'object': 'error', 'message': e.message, 'param': e.param,
                'type': 'BadRequestError' if e.status == 400 else e.kind,
                'code': e.status}

    def headers(self):
        return {'Server': 'uvicorn'}

    def message(self, said):
        return {'role': 'assistant', 'reasoning_content': None,
                'content': said.content, 'tool_calls': said.calls or []}

    def answer(self, model, said, tokens_in, tokens_out, cached):
        a = super().answer(model, said, tokens_in, tokens_out, cached)
        del a['timings'], a['system_fingerprint']
        a['choices'][0].update(logprobs=None, stop_reason=None)
        a['usage']['prompt_tokens_details'] = None
        a.update(prompt_logprobs=None, kv_transfer_params=None)
        return a

    def listed(self, model, shutdown):
        return {'id': model, 'object': 'model', 'created': int(time.time()),
                'owned_by': self.owner, 'root': model, 'parent': None,
                'max_model_len': 32768, 'permission': [
                    {'id': 'modelperm-1', 'object': 'model_permission',
                     'allow_sampling': True, 'organization': '*'}]}

    def list(self, models):
        return {'object': 'list', 'data': models}


DIALECTS = {d.name: d for d in (OpenAI, Azure, LlamaServer, Ollama, VLLM)}


def sha256(data):
    return hashlib.sha256(data).hexdigest()
