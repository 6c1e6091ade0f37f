#include "protocol/chat/shapes.h"

namespace miroir::protocol::chat {
namespace {

using Kind = Shape::Kind;

constexpr Shape kAnything{.kind = Kind::Anything};
constexpr Shape kText{.kind = Kind::Text};
constexpr Shape kBool{.kind = Kind::Bool};
constexpr Shape kU8{.kind = Kind::U8};
constexpr Shape kU32{.kind = Kind::U32};
constexpr Shape kI64{.kind = Kind::I64};
constexpr Shape kF32{.kind = Kind::F32};
constexpr Shape kTexts{.kind = Kind::List, .item = &kText};
constexpr Shape kAnyMap{.kind = Kind::Map, .item = &kAnything};

constexpr Shape words(std::span<const std::string_view> words) { return {.kind = Kind::Words, .words = words}; }
constexpr Shape record(std::string_view name, std::span<const Slot> slots) {
    return {.kind = Kind::Struct, .name = name, .slots = slots};
}
constexpr Shape list(const Shape& item) { return {.kind = Kind::List, .item = &item}; }
constexpr Shape either(std::string_view name, std::span<const Shape* const> variants) {
    return {.kind = Kind::Either, .name = name, .variants = variants};
}
constexpr Shape tagged(std::string_view name, std::string_view tag, std::span<const std::string_view> words,
                       std::span<const Shape* const> variants) {
    return {.kind = Kind::Tagged, .name = name, .words = words, .variants = variants, .tag = tag};
}
constexpr Slot must(std::string_view name, const Shape& shape) {
    return {.name = name, .shape = &shape, .required = true};
}
constexpr Slot may(std::string_view name, const Shape& shape) { return {.name = name, .shape = &shape}; }
constexpr Slot shown(std::string_view name, const Shape& shape) {
    return {.name = name, .shape = &shape, .shows_null = true};
}

// Parts of messages.
constexpr Slot kTextPartSlots[] = {must("text", kText)};
constexpr Shape kTextPart = record("ChatCompletionRequestMessageContentPartText", kTextPartSlots);
constexpr Slot kRefusalPartSlots[] = {must("refusal", kText)};
constexpr Shape kRefusalPart = record("ChatCompletionRequestMessageContentPartRefusal", kRefusalPartSlots);
constexpr std::string_view kDetailWords[] = {"auto", "low", "high"};
constexpr Shape kDetail = words(kDetailWords);
constexpr Slot kImageUrlSlots[] = {must("url", kText), shown("detail", kDetail)};
constexpr Shape kImageUrl = record("ImageUrl", kImageUrlSlots);
constexpr Slot kImagePartSlots[] = {must("image_url", kImageUrl)};
constexpr Shape kImagePart = record("ChatCompletionRequestMessageContentPartImage", kImagePartSlots);
constexpr std::string_view kInputWords[] = {"wav", "mp3"};
constexpr Shape kInputFormat = words(kInputWords);
constexpr Slot kInputSlots[] = {must("data", kText), must("format", kInputFormat)};
constexpr Shape kInput = record("InputAudio", kInputSlots);
constexpr Slot kAudioPartSlots[] = {must("input_audio", kInput)};
constexpr Shape kAudioPart = record("ChatCompletionRequestMessageContentPartAudio", kAudioPartSlots);

constexpr std::string_view kTextTag[] = {"text"};
constexpr const Shape* kTextVariants[] = {&kTextPart};
constexpr Shape kTypedText = tagged("ChatCompletionRequestSystemMessageContentPart", "type", kTextTag, kTextVariants);
constexpr std::string_view kUserTags[] = {"text", "image_url", "input_audio"};
constexpr const Shape* kUserVariants[] = {&kTextPart, &kImagePart, &kAudioPart};
constexpr Shape kUserPart = tagged("ChatCompletionRequestUserMessageContentPart", "type", kUserTags, kUserVariants);
constexpr std::string_view kAssistantTags[] = {"text", "refusal"};
constexpr const Shape* kAssistantVariants[] = {&kTextPart, &kRefusalPart};
constexpr Shape kAssistantPart =
    tagged("ChatCompletionRequestAssistantMessageContentPart", "type", kAssistantTags, kAssistantVariants);

constexpr Shape kPlainParts = list(kTextPart);
constexpr Shape kTypedTexts = list(kTypedText);
constexpr Shape kUserParts = list(kUserPart);
constexpr Shape kAssistantParts = list(kAssistantPart);
constexpr const Shape* kDeveloperContents[] = {&kText, &kPlainParts};
constexpr Shape kDeveloperContent = either("ChatCompletionRequestDeveloperMessageContent", kDeveloperContents);
constexpr const Shape* kSystemContents[] = {&kText, &kTypedTexts};
constexpr Shape kSystemContent = either("ChatCompletionRequestSystemMessageContent", kSystemContents);
constexpr const Shape* kUserContents[] = {&kText, &kUserParts};
constexpr Shape kUserContent = either("ChatCompletionRequestUserMessageContent", kUserContents);
constexpr const Shape* kAssistantContents[] = {&kText, &kAssistantParts};
constexpr Shape kAssistantContent = either("ChatCompletionRequestAssistantMessageContent", kAssistantContents);
constexpr const Shape* kToolContents[] = {&kText, &kTypedTexts};
constexpr Shape kToolContent = either("ChatCompletionRequestToolMessageContent", kToolContents);

// Messages.
constexpr Slot kCallSlots[] = {must("name", kText), must("arguments", kText)};
constexpr Shape kCall = record("FunctionCall", kCallSlots);
constexpr std::string_view kFunctionWord[] = {"function"};
constexpr Shape kToolType = words(kFunctionWord);
constexpr Slot kToolCallSlots[] = {must("id", kText), shown("type", kToolType), must("function", kCall)};
constexpr Shape kToolCall = record("ChatCompletionMessageToolCall", kToolCallSlots);
constexpr Shape kToolCalls = list(kToolCall);
constexpr Slot kAudioIdSlots[] = {must("id", kText)};
constexpr Shape kAudioId = record("ChatCompletionRequestAssistantMessageAudio", kAudioIdSlots);

constexpr Slot kDeveloperSlots[] = {must("content", kDeveloperContent), may("name", kText)};
constexpr Shape kDeveloper = record("ChatCompletionRequestDeveloperMessage", kDeveloperSlots);
constexpr Slot kSystemSlots[] = {must("content", kSystemContent), may("name", kText)};
constexpr Shape kSystem = record("ChatCompletionRequestSystemMessage", kSystemSlots);
constexpr Slot kUserSlots[] = {must("content", kUserContent), may("name", kText)};
constexpr Shape kUser = record("ChatCompletionRequestUserMessage", kUserSlots);
constexpr Slot kAssistantSlots[] = {
    may("content", kAssistantContent), may("refusal", kText),      may("name", kText), may("audio", kAudioId),
    may("tool_calls", kToolCalls),     may("function_call", kCall)};
constexpr Shape kAssistant = record("ChatCompletionRequestAssistantMessage", kAssistantSlots);
constexpr Slot kToolSlots[] = {must("content", kToolContent), must("tool_call_id", kText)};
constexpr Shape kTool = record("ChatCompletionRequestToolMessage", kToolSlots);
constexpr Slot kFunctionSlots[] = {shown("content", kText), must("name", kText)};
constexpr Shape kFunction = record("ChatCompletionRequestFunctionMessage", kFunctionSlots);
constexpr std::string_view kRoles[] = {"developer", "system", "user", "assistant", "tool", "function"};
constexpr const Shape* kMessageVariants[] = {&kDeveloper, &kSystem, &kUser, &kAssistant, &kTool, &kFunction};
constexpr Shape kMessage = tagged("ChatCompletionRequestMessage", "role", kRoles, kMessageVariants);
constexpr Shape kMessages = list(kMessage);

// The rest of a request.
constexpr Slot kObjectSlots[] = {must("name", kText), may("description", kText), may("parameters", kAnything),
                                 may("strict", kBool)};
constexpr Shape kObject = record("FunctionObject", kObjectSlots);
constexpr Slot kOfferSlots[] = {must("type", kToolType), must("function", kObject)};
constexpr Shape kOffer = record("ChatCompletionTool", kOfferSlots);
constexpr Shape kOffers = list(kOffer);
constexpr Slot kNameSlots[] = {must("name", kText)};
constexpr Shape kName = record("FunctionName", kNameSlots);
constexpr Slot kNamedSlots[] = {must("type", kToolType), must("function", kName)};
constexpr Shape kNamed = record("ChatCompletionNamedToolChoice", kNamedSlots);
constexpr std::string_view kChoiceWords[] = {"none", "auto", "required"};
constexpr Shape kChoiceWord = words(kChoiceWords);
constexpr const Shape* kChoices[] = {&kChoiceWord, &kNamed};
constexpr Shape kChoice = either("ChatCompletionToolChoiceOption", kChoices);
constexpr std::string_view kEffortWords[] = {"low", "medium", "high"};
constexpr Shape kEffort = words(kEffortWords);
constexpr std::string_view kModalityWords[] = {"text", "audio"};
constexpr Shape kModality = words(kModalityWords);
constexpr Shape kModalities = list(kModality);
constexpr const Shape* kPredictedContents[] = {&kText, &kPlainParts};
constexpr Shape kPredictedContent = either("PredictionContentContent", kPredictedContents);
constexpr Slot kPredictionSlots[] = {must("content", kPredictedContent)};
constexpr Shape kPredicted = record("PredictionContent", kPredictionSlots);
constexpr std::string_view kPredictionTags[] = {"content"};
constexpr const Shape* kPredictionVariants[] = {&kPredicted};
constexpr Shape kPrediction = tagged("PredictionContent", "type", kPredictionTags, kPredictionVariants);
constexpr std::string_view kVoiceWords[] = {"alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse"};
constexpr Shape kVoice = words(kVoiceWords);
constexpr std::string_view kFormatWords[] = {"wav", "mp3", "flac", "opus", "pcm16"};
constexpr Shape kFormat = words(kFormatWords);
constexpr Slot kAudioSlots[] = {must("voice", kVoice), must("format", kFormat)};
constexpr Shape kAudio = record("ChatCompletionAudio", kAudioSlots);
constexpr Slot kSchemaSlots[] = {may("description", kText), must("name", kText), may("schema", kAnything),
                                 may("strict", kBool)};
constexpr Shape kSchema = record("ResponseFormatJsonSchema", kSchemaSlots);
constexpr Slot kWithSchemaSlots[] = {must("json_schema", kSchema)};
constexpr Shape kWithSchema = record("ResponseFormat", kWithSchemaSlots);
constexpr std::string_view kResponseTags[] = {"text", "json_object", "json_schema"};
constexpr const Shape* kResponseVariants[] = {nullptr, nullptr, &kWithSchema};
constexpr Shape kResponse = tagged("ResponseFormat", "type", kResponseTags, kResponseVariants);
constexpr std::string_view kTierWords[] = {"auto", "default"};
constexpr Shape kTier = words(kTierWords);
constexpr const Shape* kStops[] = {&kText, &kTexts};
constexpr Shape kStop = either("Stop", kStops);
constexpr Slot kStreamSlots[] = {must("include_usage", kBool)};
constexpr Shape kStream = record("ChatCompletionStreamOptions", kStreamSlots);
constexpr const Shape* kOldCalls[] = {&kText, &kName};
constexpr Shape kOldCall = either("ChatCompletionFunctionCall", kOldCalls);
constexpr Slot kOldSlots[] = {must("name", kText), may("description", kText), must("parameters", kAnything)};
constexpr Shape kOld = record("ChatCompletionFunctions", kOldSlots);
constexpr Shape kOlds = list(kOld);

constexpr Slot kRequestSlots[] = {
    must("messages", kMessages),
    must("model", kText),
    may("store", kBool),
    may("reasoning_effort", kEffort),
    may("metadata", kAnything),
    may("frequency_penalty", kF32),
    may("logit_bias", kAnyMap),
    may("logprobs", kBool),
    may("top_logprobs", kU8),
    may("max_tokens", kU32),
    may("max_completion_tokens", kU32),
    may("n", kU8),
    may("modalities", kModalities),
    may("prediction", kPrediction),
    may("audio", kAudio),
    may("presence_penalty", kF32),
    may("response_format", kResponse),
    may("seed", kI64),
    may("service_tier", kTier),
    may("stop", kStop),
    may("stream", kBool),
    may("stream_options", kStream),
    may("temperature", kF32),
    may("top_p", kF32),
    may("tools", kOffers),
    may("tool_choice", kChoice),
    may("parallel_tool_calls", kBool),
    may("user", kText),
    may("function_call", kOldCall),
    may("functions", kOlds),
};
constexpr Shape kRequest = record("CreateChatCompletionRequest", kRequestSlots);

// What a model says.
constexpr Shape kContent{.kind = Kind::Content};
constexpr Slot kSaidCallSlots[] = {shown("name", kText), shown("arguments", kText)};
constexpr Shape kSaidCall = record("FunctionCallStream", kSaidCallSlots);
constexpr Slot kSaidToolSlots[] = {must("index", kU32), shown("id", kText), shown("type", kToolType),
                                   shown("function", kSaidCall)};
constexpr Shape kSaidTool = record("ChatCompletionMessageToolCallChunk", kSaidToolSlots);
constexpr Shape kSaidTools = list(kSaidTool);
constexpr std::string_view kSpeakers[] = {"system", "user", "assistant", "tool", "function"};
constexpr Shape kSpeaker = words(kSpeakers);
constexpr Slot kDeltaSlots[] = {shown("content", kContent), shown("function_call", kSaidCall),
                                shown("tool_calls", kSaidTools), shown("role", kSpeaker), shown("refusal", kText)};
constexpr Shape kDelta = record("ChatCompletionStreamResponseDelta", kDeltaSlots);
constexpr std::string_view kFinishWords[] = {"stop", "length", "tool_calls", "content_filter", "function_call"};
constexpr Shape kFinish = words(kFinishWords);
constexpr Shape kBytes = list(kU8);
constexpr Slot kTopSlots[] = {must("token", kText), must("logprob", kF32), shown("bytes", kBytes)};
constexpr Shape kTop = record("TopLogprobs", kTopSlots);
constexpr Shape kTops = list(kTop);
constexpr Slot kTokenSlots[] = {must("token", kText), must("logprob", kF32), shown("bytes", kBytes),
                                must("top_logprobs", kTops)};
constexpr Shape kToken = record("ChatCompletionTokenLogprob", kTokenSlots);
constexpr Shape kTokens = list(kToken);
constexpr Slot kLogprobSlots[] = {shown("content", kTokens), shown("refusal", kTokens)};
constexpr Shape kLogprobs = record("ChatChoiceLogprobs", kLogprobSlots);
constexpr Slot kSaidSlots[] = {must("index", kU32), must("delta", kDelta), shown("finish_reason", kFinish),
                               shown("logprobs", kLogprobs)};
constexpr Shape kSaid = record("ChatChoiceStream", kSaidSlots);
constexpr Shape kSaids = list(kSaid);
constexpr std::string_view kServedWords[] = {"scale", "default", "auto"};
constexpr Shape kServed = words(kServedWords);
constexpr Slot kPromptDetailSlots[] = {shown("audio_tokens", kU32), shown("cached_tokens", kU32)};
constexpr Shape kPromptDetails = record("PromptTokensDetails", kPromptDetailSlots);
constexpr Slot kUsedDetailSlots[] = {shown("accepted_prediction_tokens", kU32), shown("audio_tokens", kU32),
                                     shown("reasoning_tokens", kU32), shown("rejected_prediction_tokens", kU32)};
constexpr Shape kUsedDetails = record("CompletionTokensDetails", kUsedDetailSlots);
constexpr Slot kUsageSlots[] = {must("prompt_tokens", kU32), must("completion_tokens", kU32),
                                must("total_tokens", kU32), shown("prompt_tokens_details", kPromptDetails),
                                shown("completion_tokens_details", kUsedDetails)};
constexpr Shape kUsage = record("CompletionUsage", kUsageSlots);
constexpr Slot kPieceSlots[] = {
    must("id", kText),     must("choices", kSaids),        must("created", kU32),
    must("model", kText),  shown("service_tier", kServed), shown("system_fingerprint", kText),
    must("object", kText), shown("usage", kUsage)};
constexpr Shape kPiece = record("CreateChatCompletionStreamResponse", kPieceSlots);

constexpr Slot kRefusalSlots[] = {shown("code", kText), must("message", kText), shown("param", kText),
                                  must("type", kText)};
constexpr Shape kRefusal = record("OpenAiInnerError", kRefusalSlots);
constexpr Slot kOuterSlots[] = {must("error", kRefusal)};
constexpr Shape kOuter = record("OpenAiOutsideError", kOuterSlots);

}  // namespace

const Shape& request_shape() { return kRequest; }
const Shape& piece_shape() { return kPiece; }
const Shape& refusal_shape() { return kOuter; }
const Shape& mistral_refusal_shape() { return kRefusal; }

}  // namespace miroir::protocol::chat
