import {
  allKnown,
  type Fields,
  fieldsIn,
  isFields,
  joined,
  listIn,
  numbersFor,
  numbersIn,
  objectsIn,
  pictureOf,
  schemaIn,
  stopsIn,
  textIn,
  textPart,
  type Unsaid,
} from './fields.ts';
import type {
  ImagePart,
  Manner,
  NeutralQuestion,
  Part,
  TextForm,
  TextPart,
  Tool,
  ToolChoice,
  Turn,
} from './neutral.ts';

/** `POST /v1/messages` of Anthropic (API reference, Messages: create). */

const NUMBER_NAMES = { temperature: 'temperature', top_p: 'top_p', top_k: 'top_k' };
/** Of these nothing of the answer depends, or only how hard it is thought about. */
const HINTS = ['metadata', 'service_tier', 'cache_control', 'thinking', 'betas'];
const KNOWN = [
  ...['model', 'messages', 'system', 'stream', 'max_tokens', 'tools', 'tool_choice'],
  ...['stop_sequences', 'output_config', 'context_management'],
  ...Object.values(NUMBER_NAMES),
  ...HINTS,
];
/** Edits of what is in sight that leave out thoughts alone, which are left out anyway. */
const THOUGHTS_ONLY = /^clear_thinking_/;
const CACHED = 'cache_control';

export function readMessages(
  asked: Fields,
  unsaid: Unsaid,
): { readonly question: NeutralQuestion; readonly manner: Manner } {
  allKnown(asked, KNOWN, '', unsaid);
  const { edits } = fieldsIn(asked['context_management']);
  if (listIn(edits).some((each) => !THOUGHTS_ONLY.test(textIn(fieldsIn(each)['type'])))) {
    unsaid.note('context_management');
  }
  const { format, effort: _, ...others } = fieldsIn(asked['output_config']);
  allKnown(others, [], 'output_config/', unsaid);
  const system: Turn = { by: 'system', parts: textsOf(asked['system'], 'system ', unsaid) };
  const turns = objectsIn(asked['messages'], 'messages', unsaid).map((each, at) => {
    return turnOf(each, `messages/${at} `, unsaid);
  });
  const { max_tokens: most, tool_choice: choice } = asked;
  const isSingle = fieldsIn(choice)['disable_parallel_tool_use'];
  const question: NeutralQuestion = {
    turns: joined([system, ...turns]),
    tools: objectsIn(asked['tools'], 'tools', unsaid).map((each, at) => {
      return toolOf(each, `tools/${at} `, unsaid);
    }),
    choice: choiceOf(choice, unsaid),
    isParallel: typeof isSingle === 'boolean' ? !isSingle : undefined,
    most: typeof most === 'number' ? most : undefined,
    numbers: numbersIn(asked, NUMBER_NAMES, unsaid),
    stops: stopsIn(asked['stop_sequences'], 'stop_sequences', unsaid),
    form: formOf(format, unsaid),
    effort: undefined,
    verbosity: undefined,
  };
  return { question, manner: { tellsUsage: true, tools: new Map() } };
}

function turnOf(message: Fields, place: string, unsaid: Unsaid): Turn {
  const { role, content } = message;
  allKnown(message, ['role', 'content'], place, unsaid);
  if (role === 'system') return { by: 'system', parts: textsOf(content, place, unsaid) };
  if (role !== 'user' && role !== 'assistant') unsaid.note(`${place}role ${textIn(role)}`);
  const by = role === 'user' ? 'user' : 'model';
  if (typeof content === 'string') return { by, parts: [textPart(content)] };
  const blocks = objectsIn(content, `${place}content`, unsaid);
  return { by, parts: blocks.flatMap((each) => partOf(each, by, place, unsaid)) };
}

function partOf(block: Fields, by: Turn['by'], place: string, unsaid: Unsaid): readonly Part[] {
  const { type, id, name, input, tool_use_id: of, content, is_error: isError } = block;
  if (type === 'text' || (type === 'image' && by === 'user')) {
    return shownOf(block, place, unsaid);
  }
  // What was thought goes back only to whom it came from.
  const isThought = type === 'thinking' || type === 'redacted_thinking';
  if (isThought && by === 'model') return [];
  if (type === 'tool_use' && by === 'model' && isFields(input)) {
    allKnown(block, ['type', 'id', 'name', 'input', 'caller', CACHED], place, unsaid);
    return [{ kind: 'call', id: textIn(id), name: textIn(name), given: input }];
  }
  if (type === 'tool_result' && by === 'user') {
    allKnown(block, ['type', 'tool_use_id', 'content', 'is_error', CACHED], place, unsaid);
    const isText = typeof content === 'string';
    const blocks = isText ? [] : objectsIn(content, `${place}content`, unsaid);
    const parts = isText
      ? [textPart(content)]
      : blocks.flatMap((each) => shownOf(each, place, unsaid));
    return [{ kind: 'result', id: textIn(of), isError: isError === true, parts }];
  }
  unsaid.note(`${place}${textIn(type) || 'content'}`);
  return [];
}

function shownOf(block: Fields, place: string, unsaid: Unsaid): readonly (TextPart | ImagePart)[] {
  const { type, text, source } = block;
  if (type === 'text' && typeof text === 'string') {
    const { citations } = block;
    if (listIn(citations).length > 0) unsaid.note(`${place}citations`);
    allKnown(block, ['type', 'text', 'citations', CACHED], place, unsaid);
    return [textPart(text)];
  }
  const { type: kind, media_type: media, data, url } = fieldsIn(source);
  if (type === 'image' && kind === 'base64') {
    return pictureOf(media, data, `${place}image`, unsaid);
  }
  if (type === 'image' && kind === 'url') return [{ kind: 'linked', url: textIn(url) }];
  unsaid.note(`${place}${textIn(type) || 'content'}`);
  return [];
}

function textsOf(content: unknown, place: string, unsaid: Unsaid): readonly TextPart[] {
  if (content === undefined || content === null) return [];
  if (typeof content === 'string') return [textPart(content)];
  const shown = objectsIn(content, place, unsaid).flatMap((each) => shownOf(each, place, unsaid));
  if (shown.some(({ kind }) => kind !== 'text')) unsaid.note(`${place}image`);
  return shown.filter((each) => each.kind === 'text');
}

function toolOf(tool: Fields, place: string, unsaid: Unsaid): Tool {
  const { type = 'custom', name, description, input_schema: schema, strict } = tool;
  if (type !== 'custom') unsaid.note(`${place}${textIn(type)}, which its provider runs,`);
  else {
    const own = ['type', 'name', 'description', 'input_schema', 'strict', CACHED];
    const isDeferred = tool['defer_loading'] === true;
    const hints = ['eager_input_streaming', ...(isDeferred ? [] : ['defer_loading'])];
    allKnown(tool, [...own, ...hints], place, unsaid);
  }
  return {
    name: textIn(name),
    description: textIn(description),
    schema: schemaIn(schema, place, unsaid),
    isStrict: strict === true,
  };
}

function choiceOf(given: unknown, unsaid: Unsaid): ToolChoice | undefined {
  if (given === undefined || given === null) return undefined;
  const { type, name } = fieldsIn(given);
  if (type === 'auto' || type === 'any' || type === 'none') return type;
  if (type === 'tool' && typeof name === 'string') return { tool: name };
  unsaid.note('tool_choice');
  return undefined;
}

function formOf(given: unknown, unsaid: Unsaid): TextForm | undefined {
  if (given === undefined || given === null) return undefined;
  const { type, schema } = fieldsIn(given);
  // There every form is held to the letter.
  if (type === 'json_schema' && isFields(schema)) return { kind: 'schema', schema, isStrict: true };
  unsaid.note('output_config/format');
  return undefined;
}

export function writeMessages(question: NeutralQuestion, unsaid: Unsaid): Fields {
  const { turns, tools, most, numbers, stops, form } = question;
  if (form?.kind === 'json') unsaid.note('an answer in JSON of no schema');
  if ((numbers.temperature ?? 0) > 1) unsaid.note('a temperature over 1');
  const { temperature, ...others } = numbers;
  // Of both its newer models take one; 1 is what it is unless said.
  const both = temperature === 1 && numbers.top_p !== undefined;
  const system = turns.filter(({ by }) => by === 'system').flatMap(({ parts }) => parts);
  const spoken = joined(turns.filter(({ by }) => by !== 'system'));
  return {
    ...(system.length === 0 ? {} : { system: system.map(blockFor) }),
    messages: spoken.map(({ by, parts }) => {
      return { role: by === 'user' ? 'user' : 'assistant', content: parts.map(blockFor) };
    }),
    ...(tools.length === 0 ? {} : { tools: tools.map(toolFor) }),
    ...choiceFor(question),
    ...(most === undefined ? {} : { max_tokens: most }),
    ...numbersFor(both ? others : numbers, NUMBER_NAMES, unsaid),
    ...(stops.length === 0 ? {} : { stop_sequences: stops }),
    ...(form?.kind === 'schema'
      ? { output_config: { format: { type: 'json_schema', schema: form.schema } } }
      : {}),
  };
}

function blockFor(part: Part): Fields {
  switch (part.kind) {
    case 'text':
      return { type: 'text', text: part.text };
    case 'image': {
      const { media: media_type, data } = part;
      return { type: 'image', source: { type: 'base64', media_type, data } };
    }
    case 'linked':
      return { type: 'image', source: { type: 'url', url: part.url } };
    case 'call':
      return { type: 'tool_use', id: part.id, name: part.name, input: part.given };
    case 'result': {
      // A text of nothing is refused there.
      const told = part.parts.filter((each) => each.kind !== 'text' || each.text !== '');
      const content = told.map(blockFor);
      const failed = part.isError ? { is_error: true } : {};
      return { type: 'tool_result', tool_use_id: part.id, content, ...failed };
    }
  }
}

function toolFor({ name, description, schema, isStrict }: Tool): Fields {
  const about = description === '' ? {} : { description };
  return { name, ...about, input_schema: schema, ...(isStrict ? { strict: true } : {}) };
}

function choiceFor({ choice, isParallel, tools }: NeutralQuestion): Fields {
  if (choice === undefined && (isParallel === undefined || tools.length === 0)) return {};
  if (choice === 'none') return { tool_choice: { type: 'none' } };
  const one = isParallel === undefined ? {} : { disable_parallel_tool_use: !isParallel };
  const named =
    typeof choice === 'object' ? { type: 'tool', name: choice.tool } : { type: choice ?? 'auto' };
  return { tool_choice: { ...named, ...one } };
}
