import { FORM_NAME, parallelOf } from './chat-question.ts';
import {
  addressOf,
  allKnown,
  type Fields,
  fieldsIn,
  isFields,
  joined,
  linkedPicture,
  numbersFor,
  numbersIn,
  objectIn,
  objectsIn,
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
  ToolChoice,
  Turn,
} from './neutral.ts';
import { nameInSpace, type OwnTools, ownToolsIn } from './responses-tools.ts';

/** `POST /v1/responses` of OpenAI (API reference, Responses: create a model response). */

const NUMBER_NAMES = { temperature: 'temperature', top_p: 'top_p' };
/** Of these nothing of the answer depends. */
const HINTS = [
  ...['store', 'metadata', 'client_metadata', 'service_tier', 'safety_identifier', 'user'],
  ...['prompt_cache_key', 'prompt_cache_retention', 'stream_options'],
];
const KNOWN = [
  ...['model', 'input', 'instructions', 'stream', 'max_output_tokens', 'tools', 'tool_choice'],
  ...['parallel_tool_calls', 'text', 'reasoning', 'include', 'background', 'truncation'],
  ...Object.values(NUMBER_NAMES),
  ...HINTS,
];
/** Signatures of thoughts: others have none to give. */
const INCLUDED = 'reasoning.encrypted_content';
/** Of a text that a model said before: where it had it from, and how sure it was. */
const OF_ANSWERS = ['annotations', 'logprobs'];
/** Of every item, for whoever keeps them. */
const ABOUT = ['type', 'id', 'status'];

export function readResponses(
  asked: Fields,
  unsaid: Unsaid,
): { readonly question: NeutralQuestion; readonly manner: Manner } {
  allKnown(asked, KNOWN, '', unsaid);
  if (asked['background'] === true) unsaid.note('background');
  if ((asked['truncation'] ?? 'disabled') !== 'disabled') unsaid.note('truncation');
  const { include } = asked;
  if (Array.isArray(include) && include.some((each) => each !== INCLUDED)) unsaid.note('include');
  const { input, instructions, max_output_tokens: most } = asked;
  const given = typeof input === 'string' ? [{ role: 'user', content: input }] : input;
  if (typeof (instructions ?? '') !== 'string') unsaid.note('instructions, which are no text,');
  const items = objectsIn(given, 'input', unsaid);
  const first: Turn = { by: 'system', parts: [textPart(textIn(instructions))] };
  const turns = items.flatMap((each, at) => turnOf(each, `input/${at} `, unsaid));
  const { tools, own } = ownToolsIn(asked['tools'], unsaid);
  const { format, verbosity, ...others } = fieldsIn(asked['text']);
  allKnown(others, [], 'text/', unsaid);
  const question: NeutralQuestion = {
    turns: joined([first, ...turns]),
    tools,
    choice: choiceOf(asked['tool_choice'], own, unsaid),
    isParallel: parallelOf(asked['parallel_tool_calls']),
    most: typeof most === 'number' ? most : undefined,
    numbers: numbersIn(asked, NUMBER_NAMES, unsaid),
    stops: [],
    form: formOf(format, unsaid),
    effort: textIn(fieldsIn(asked['reasoning'])['effort']) || undefined,
    verbosity: textIn(verbosity) || undefined,
  };
  return { question, manner: { tellsUsage: true, tools: own } };
}

function turnOf(item: Fields, place: string, unsaid: Unsaid): readonly Turn[] {
  const { type = 'message', call_id: id, name, namespace, arguments: given, output } = item;
  const called = ['call_id', 'name', 'namespace', ...ABOUT];
  switch (type) {
    case 'message':
      return [messageOf(item, place, unsaid)];
    // What was thought goes back only to whom it came from.
    case 'reasoning':
      return [];
    case 'function_call':
    case 'custom_tool_call': {
      allKnown(item, [...called, 'arguments', 'input'], place, unsaid);
      const isFree = type === 'custom_tool_call';
      const said = (isFree ? item['input'] : given) ?? '';
      if (typeof said !== 'string') unsaid.note(`${place}arguments that are no text`);
      const read = isFree ? { input: textIn(said) } : objectIn(textIn(said));
      if (read === undefined) unsaid.note(`${place}arguments that are no object`);
      const named = nameInSpace(textIn(name), textIn(namespace));
      const call: CallPart = { kind: 'call', id: textIn(id), name: named, given: read ?? {} };
      return [{ by: 'model', parts: [call] }];
    }
    case 'function_call_output':
    case 'custom_tool_call_output': {
      allKnown(item, [...called, 'output'], place, unsaid);
      const parts = partsOf(output, place, unsaid);
      return [{ by: 'user', parts: [{ kind: 'result', id: textIn(id), isError: false, parts }] }];
    }
    default:
      unsaid.note(`${place}${textIn(type)}`);
      return [];
  }
}

function messageOf(item: Fields, place: string, unsaid: Unsaid): Turn {
  const { role, content } = item;
  allKnown(item, [...ABOUT, 'role', 'content', 'phase'], place, unsaid);
  const parts = partsOf(content, place, unsaid);
  if (role === 'user') return { by: 'user', parts };
  const picture = parts.find(({ kind }) => kind !== 'text');
  if (picture !== undefined) unsaid.note(`${place}${picture.kind}`);
  if (role === 'system' || role === 'developer') return { by: 'system', parts };
  if (role !== 'assistant') unsaid.note(`${place}role ${textIn(role)}`);
  return { by: 'model', parts };
}

function partsOf(
  content: unknown,
  place: string,
  unsaid: Unsaid,
): readonly (TextPart | ImagePart)[] {
  if (typeof content === 'string') return [textPart(content)];
  return objectsIn(content, `${place}content`, unsaid).flatMap(
    (part): readonly (TextPart | ImagePart)[] => {
      const { type, text, image_url: url } = part;
      const isText = type === 'input_text' || type === 'output_text' || type === 'text';
      if (isText && typeof text === 'string') {
        allKnown(part, ['type', 'text', ...OF_ANSWERS], `${place}${type}/`, unsaid);
        return [textPart(text)];
      }
      if (type === 'input_image') {
        allKnown(part, ['type', 'image_url', 'detail'], `${place}input_image/`, unsaid);
        return linkedPicture(url, `${place}image`, unsaid);
      }
      unsaid.note(`${place}${textIn(type) || 'content'}`);
      return [];
    },
  );
}

function choiceOf(given: unknown, own: OwnTools['own'], unsaid: Unsaid): ToolChoice | undefined {
  if (given === undefined || given === null) return undefined;
  if (given === 'auto' || given === 'none') return given;
  if (given === 'required') return 'any';
  const { type, name } = fieldsIn(given);
  const isOne = type === 'function' || type === 'custom';
  const found = [...own].find(([, each]) => each.name === name)?.[0];
  if (isOne && typeof name === 'string') return { tool: found ?? name };
  unsaid.note('tool_choice');
  return undefined;
}

function formOf(given: unknown, unsaid: Unsaid): TextForm | undefined {
  const { type, schema, strict } = fieldsIn(given);
  if (given === undefined || given === null || type === 'text') return undefined;
  if (type === 'json_object') return { kind: 'json' };
  if (type === 'json_schema' && isFields(schema)) {
    return { kind: 'schema', schema, isStrict: strict === true };
  }
  unsaid.note('text/format');
  return undefined;
}

export function writeResponses(question: NeutralQuestion, unsaid: Unsaid): Fields {
  const { tools, choice, isParallel, most, numbers, form, effort, verbosity } = question;
  if (question.stops.length > 0) unsaid.note('a text that ends an answer');
  const text = {
    ...(form === undefined ? {} : { format: formFor(form) }),
    ...(verbosity === undefined ? {} : { verbosity }),
  };
  return {
    input: question.turns.flatMap(itemsFor),
    // Nothing is kept there for later questions.
    store: false,
    ...(tools.length === 0
      ? {}
      : {
          tools: tools.map(({ name, description, schema, isStrict }) => ({
            ...{ type: 'function', name, parameters: schema, strict: isStrict },
            ...(description === '' ? {} : { description }),
          })),
        }),
    ...(choice === undefined ? {} : { tool_choice: choiceFor(choice) }),
    ...(isParallel === undefined || tools.length === 0 ? {} : { parallel_tool_calls: isParallel }),
    ...(most === undefined ? {} : { max_output_tokens: most }),
    ...numbersFor(numbers, NUMBER_NAMES, unsaid),
    ...(Object.keys(text).length === 0 ? {} : { text }),
    ...(effort === undefined ? {} : { reasoning: { effort } }),
  };
}

function itemsFor({ by, parts }: Turn): readonly Fields[] {
  const items: Fields[] = [];
  let said: Part[] = [];
  const flush = (): void => {
    if (said.length > 0) items.push(messageFor(by, said));
    said = [];
  };
  for (const each of parts) {
    if (each.kind === 'call' || each.kind === 'result') {
      flush();
      items.push(each.kind === 'call' ? callFor(each) : resultFor(each));
    } else said.push(each);
  }
  flush();
  return items;
}

function callFor({ id, name, given }: CallPart): Fields {
  return { type: 'function_call', call_id: id, name, arguments: JSON.stringify(given) };
}

function resultFor({ id, isError, parts }: ResultPart): Fields {
  const told = isError ? [textPart('The tool failed.'), ...parts] : parts;
  const [first] = told;
  const isText = told.length === 0 || (told.length === 1 && first?.kind === 'text');
  const output = isText ? textIn(fieldsIn(first)['text']) : contentFor('user', told);
  return { type: 'function_call_output', call_id: id, output };
}

function messageFor(by: Turn['by'], parts: readonly Part[]): Fields {
  const role = by === 'model' ? 'assistant' : by;
  return { type: 'message', role, content: contentFor(by, parts) };
}

function contentFor(by: Turn['by'], parts: readonly Part[]): readonly Fields[] {
  return parts.map((each) => {
    if (each.kind !== 'text') {
      return { type: 'input_image', image_url: addressOf(each as ImagePart) };
    }
    return { type: by === 'model' ? 'output_text' : 'input_text', text: each.text };
  });
}

function choiceFor(choice: ToolChoice): unknown {
  if (choice === 'any') return 'required';
  return typeof choice === 'string' ? choice : { type: 'function', name: choice.tool };
}

function formFor(form: TextForm): Fields {
  if (form.kind === 'json') return { type: 'json_object' };
  const { schema, isStrict } = form;
  return { type: 'json_schema', name: FORM_NAME, schema, strict: isStrict };
}
