/* The words of nvr.conf for models; see model.h. */
#include <stddef.h>

#include "base/model.h"

const char *const nvr_api_words[] = {
    "openai", "azure", "llama-server", "ollama", "vllm", NULL};
const char *const nvr_detail_words[] = {"low", "high", "auto", NULL};
const char *const nvr_quirk_words[] = {"no-temperature", "max-tokens",
    "no-store", "no-schema", "prompt-schema", "no-reasoning", "no-tool-choice",
    "plain-http", NULL};
