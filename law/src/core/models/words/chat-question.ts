import {
  addressOf,
  allKnown,
  type Fields,
  fieldsIn,
  isFields,
  joined,
  linkedPicture,
  listIn,
  numbersFor,
  numbersIn,
  objectIn,
  objectsIn,
  schemaIn,
  stopsIn,
  textIn,
  textPart,
  type Unsaid,
} from './fields.ts';
import type {
  CallPart,
  ImagePart,
  Manner,
  NeutralQuestion,
  Part,
  ResultPart,
  TextForm,
  TextPart,
  Tool,
  ToolChoice,
  Turn,
} from './neutral.ts';

/** `POST /v1/chat/completions` of OpenAI (API reference, Chat: create chat completion). */

const NUMBER_NAMES = {
  temperature: 'temperature',
  top_p: 'top_p',
  seed: 'seed',
  frequency_penalty: 'frequency_penalty',
  presence_penalty: 'presence_penalty',
};
/** Of these nothing of the answer depends. */
const HINTS = [
  ...['user', 'store', 'metadata', 'service_tier', 'safety_identifier'],
  ...['prompt_cache_key', 'prompt_cache_retention'],
];
const KNOWN = [
  ...['model', 'messages', 'stream', 'stream_options', 'max_tokens', 'max_completion_tokens'],
  ...['tools', 'tool_choice', 'parallel_tool_calls', 'stop', 'response_format'],
  ...['reasoning_effort', 'verbosity', 'n', 'logprobs', 'modalities'],
  ...Object.values(NUMBER_NAMES),
  ...HINTS,
];
/** What was thought goes back only to whom it came from. */
/** Of a call: by whom it was thought of. */
const SIGNED = 'extra_content';
const CACHED = 'cache_control';
const THOUGHT = ['reasoning_content', 'reasoning'];

export function readChat(
  asked: Fields,
  unsaid: Unsaid,
): { readonly question: NeutralQuestion; readonly manner: Manner } {
  allKnown(asked, KNOWN, '', unsaid);
  if ((asked['n'] ?? 1) !== 1) unsaid.note('n, more answers than one,');
  if (asked['logprobs']) unsaid.note('logprobs');
  if (listIn(asked['modalities'] ?? ['text']).some((each) => each !== 'text')) {
    unsaid.note('modalities');
  }
  const limits = [asked['max_tokens'], asked['max_completion_tokens']];
  const said = limits.filter((each) => typeof each === 'number');
  const messages = objectsIn(asked['messages'], 'messages', unsaid);
  const question: NeutralQuestion = {
    turns: joined(messages.map((each, at) => turnOf(each, `messages/${at} `, unsaid))),
    tools: objectsIn(asked['tools'], 'tools', unsaid).map((each, at) => {
      return toolOf(each, `tools/${at} `, unsaid);
    }),
    choice: choiceOf(asked['tool_choice'], unsaid),
    isParallel: parallelOf(asked['parallel_tool_calls']),
    most: said.length === 0 ? undefined : Math.max(...said),
    numbers: numbersIn(asked, NUMBER_NAMES, unsaid),
    stops: stopsIn(asked['stop'], 'stop', unsaid),
    form: formOf(asked['response_format'], unsaid),
    effort: textIn(asked['reasoning_effort']) || undefined,
    verbosity: textIn(asked['verbosity']) || undefined,
  };
  const tellsUsage = fieldsIn(asked['stream_options'])['include_usage'] === true;
  return { question, manner: { tellsUsage, tools: new Map() } };
}

export function parallelOf(given: unknown): boolean | undefined {
  return typeof given === 'boolean' ? given : undefined;
}

function turnOf(message: Fields, place: string, unsaid: Unsaid): Turn {
  const { role, content, tool_calls: calls, tool_call_id: id } = message;
  const said = ['role', 'content'];
  if (role === 'system' || role === 'developer') {
    allKnown(message, said, place, unsaid);
    return { by: 'system', parts: textsOf(content, place, unsaid) };
  }
  if (role === 'user') {
    allKnown(message, said, place, unsaid);
    return { by: 'user', parts: partsOf(content, place, unsaid) };
  }
  if (role === 'tool') {
    allKnown(message, [...said, 'tool_call_id', 'name'], place, unsaid);
    const parts = textsOf(content, place, unsaid);
    return { by: 'user', parts: [{ kind: 'result', id: textIn(id), isError: false, parts }] };
  }
  if (role !== 'assistant') unsaid.note(`${place}role ${textIn(role)}`);
  allKnown(message, [...said, 'tool_calls', 'annotations', ...THOUGHT], place, unsaid);
  const made = objectsIn(calls, `${place}tool_calls`, unsaid);
  const texts = textsOf(content, place, unsaid);
  return { by: 'model', parts: [...texts, ...made.map((each) => callOf(each, place, unsaid))] };
}

function callOf(call: Fields, place: string, unsaid: Unsaid): CallPart {
  const { id, type, function: made } = call;
  allKnown(call, ['id', 'type', 'function', 'index', SIGNED], `${place}tool_calls/`, unsaid);
  allKnown(fieldsIn(made), ['name', 'arguments'], `${place}tool_calls/`, unsaid);
  const { name, arguments: given } = fieldsIn(made);
  if ((type ?? 'function') !== 'function') unsaid.note(`${place}${textIn(type)}`);
  const read = objectIn(typeof given === 'string' ? given : JSON.stringify(given ?? {}));
  if (read === undefined) unsaid.note(`${place}arguments that are no object`);
  return { kind: 'call', id: textIn(id), name: textIn(name), given: read ?? {} };
}

function textsOf(content: unknown, place: string, unsaid: Unsaid): readonly TextPart[] {
  return partsOf(content, place, unsaid).flatMap((each) => {
    if (each.kind === 'text') return [each];
    unsaid.note(`${place}${each.kind}`);
    return [];
  });
}

function partsOf(
  content: unknown,
  place: string,
  unsaid: Unsaid,
): readonly (TextPart | ImagePart)[] {
  if (typeof content === 'string') return [textPart(content)];
  return objectsIn(content, `${place}content`, unsaid).flatMap(
    (part): readonly (TextPart | ImagePart)[] => {
      if (part['type'] === 'text' && typeof part['text'] === 'string') {
        allKnown(part, ['type', 'text', CACHED], `${place}text/`, unsaid);
        return [textPart(part['text'])];
      }
      if (part['type'] === 'image_url') {
        allKnown(part, ['type', 'image_url', CACHED], `${place}image_url/`, unsaid);
        allKnown(fieldsIn(part['image_url']), ['url', 'detail'], `${place}image_url/`, unsaid);
        const picture = linkedPicture(fieldsIn(part['image_url'])['url'], `${place}image`, unsaid);
        return picture;
      }
      unsaid.note(`${place}${textIn(part['type']) || 'content'}`);
      return [];
    },
  );
}

function toolOf(tool: Fields, place: string, unsaid: Unsaid): Tool {
  const { type, function: made } = tool;
  if (type !== 'function') unsaid.note(`${place}${textIn(type)}`);
  const { name, description, parameters, strict } = fieldsIn(made);
  allKnown(fieldsIn(made), ['name', 'description', 'parameters', 'strict'], place, unsaid);
  return {
    name: textIn(name),
    description: textIn(description),
    schema: schemaIn(parameters, place, unsaid),
    isStrict: strict === true,
  };
}

function choiceOf(given: unknown, unsaid: Unsaid): ToolChoice | undefined {
  if (given === undefined || given === null) return undefined;
  if (given === 'auto' || given === 'none') return given;
  if (given === 'required') return 'any';
  const { type, function: made } = fieldsIn(given);
  const { name } = fieldsIn(made);
  if (type === 'function' && typeof name === 'string') return { tool: name };
  unsaid.note('tool_choice');
  return undefined;
}

function formOf(given: unknown, unsaid: Unsaid): TextForm | undefined {
  const { type, json_schema: wanted } = fieldsIn(given);
  if (given === undefined || given === null || type === 'text') return undefined;
  if (type === 'json_object') return { kind: 'json' };
  const { schema, strict } = fieldsIn(wanted);
  if (type === 'json_schema' && isFields(schema)) {
    return { kind: 'schema', schema, isStrict: strict === true };
  }
  unsaid.note('response_format');
  return undefined;
}

/** The name of a form is for its server alone. */
export const FORM_NAME = 'answer';

export function writeChat(question: NeutralQuestion, unsaid: Unsaid): Fields {
  const { tools, choice, isParallel, most, numbers, stops, form, effort, verbosity } = question;
  return {
    messages: question.turns.flatMap((turn) => messagesFor(turn, unsaid)),
    ...(tools.length === 0 ? {} : { tools: tools.map(toolFor) }),
    ...(choice === undefined ? {} : { tool_choice: choiceFor(choice) }),
    ...(isParallel === undefined || tools.length === 0 ? {} : { parallel_tool_calls: isParallel }),
    ...(most === undefined ? {} : { max_completion_tokens: most }),
    ...numbersFor(numbers, NUMBER_NAMES, unsaid),
    ...(stops.length === 0 ? {} : { stop: stops }),
    ...(form === undefined ? {} : { response_format: formFor(form) }),
    ...(effort === undefined ? {} : { reasoning_effort: effort }),
    ...(verbosity === undefined ? {} : { verbosity }),
  };
}

function messagesFor({ by, parts }: Turn, unsaid: Unsaid): readonly Fields[] {
  if (by === 'model') return [spokenFor(parts)];
  const results = parts.filter((each) => each.kind === 'result');
  const others = parts.filter((each) => each.kind !== 'result');
  const told = results.map((each) => resultFor(each, unsaid));
  if (others.length === 0) return told;
  return [...told, { role: by, content: contentFor(others) }];
}

function spokenFor(parts: readonly Part[]): Fields {
  const texts = parts.filter((each) => each.kind === 'text');
  const calls = parts.filter((each) => each.kind === 'call');
  const content = texts.length === 0 ? null : contentFor(texts);
  if (calls.length === 0) return { role: 'assistant', content };
  return { role: 'assistant', content, tool_calls: calls.map(callFor) };
}

export function callFor({ id, name, given }: CallPart): Fields {
  return { id, type: 'function', function: { name, arguments: JSON.stringify(given) } };
}

function resultFor({ id, isError, parts }: ResultPart, unsaid: Unsaid): Fields {
  if (parts.some(({ kind }) => kind !== 'text')) unsaid.note('a picture in the result of a tool');
  const content = contentFor(parts.filter(({ kind }) => kind === 'text'));
  // There is no other place in which to say so.
  return { role: 'tool', tool_call_id: id, content: isError ? failedText(content) : content };
}

function failedText(content: unknown): unknown {
  const failed = 'The tool failed.';
  if (typeof content === 'string') return content === '' ? failed : `${failed}\n${content}`;
  return [{ type: 'text', text: failed }, ...listIn(content)];
}

function contentFor(parts: readonly Part[]): unknown {
  const [first] = parts;
  if (parts.length === 0) return '';
  if (parts.length === 1 && first?.kind === 'text') return first.text;
  return parts.map((each) => {
    if (each.kind === 'text') return { type: 'text', text: each.text };
    return { type: 'image_url', image_url: { url: addressOf(each as ImagePart) } };
  });
}

function toolFor({ name, description, schema, isStrict }: Tool): Fields {
  const about = description === '' ? {} : { description };
  const strict = isStrict ? { strict: true } : {};
  return { type: 'function', function: { name, ...about, parameters: schema, ...strict } };
}

function choiceFor(choice: ToolChoice): unknown {
  if (choice === 'any') return 'required';
  return typeof choice === 'string'
    ? choice
    : { type: 'function', function: { name: choice.tool } };
}

function formFor(form: TextForm): Fields {
  if (form.kind === 'json') return { type: 'json_object' };
  const { schema, isStrict } = form;
  const strict = isStrict ? { strict: true } : {};
  return { type: 'json_schema', json_schema: { name: FORM_NAME, schema, ...strict } };
}
