import {
  allKnown,
  type Fields,
  fieldsIn,
  isFields,
  joined,
  listIn,
  numbersFor,
  numbersIn,
  objectOrNone,
  objectsIn,
  pictureOf,
  schemaIn,
  stopsIn,
  textIn,
  textPart,
  type Unsaid,
} from './fields.ts';
import { jsonSchemaOf, plainNames } from './gemini-schema.ts';
import type {
  CallPart,
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

/** `generateContent` and `streamGenerateContent` of Gemini (API reference, Generating content). */

const NUMBER_NAMES = {
  temperature: 'temperature',
  top_p: 'topP',
  top_k: 'topK',
  seed: 'seed',
  frequency_penalty: 'frequencyPenalty',
  presence_penalty: 'presencePenalty',
};
const KNOWN = [
  'contents',
  'systemInstruction',
  'tools',
  'toolConfig',
  'generationConfig',
  'labels',
];
/** How hard to think, and whether it is shown, is left to whoever serves. */
const CONFIG = [
  ...['maxOutputTokens', 'stopSequences', 'candidateCount', 'responseMimeType', 'responseSchema'],
  ...['responseJsonSchema', 'responseModalities', 'thinkingConfig'],
  ...Object.values(NUMBER_NAMES),
];
/** Thoughts and what they are signed with go back only to whom they came from. */
const SIGNED = ['thought', 'thoughtSignature'];
const JSON_TYPE = 'application/json';

export function readGemini(
  given: Fields,
  unsaid: Unsaid,
): { readonly question: NeutralQuestion; readonly manner: Manner } {
  const asked = plainNames(given);
  // The door writes down there what stands in the path.
  allKnown(asked, [...KNOWN, 'model'], '', unsaid);
  const config = plainNames(objectOrNone(asked['generationConfig'], 'generationConfig', unsaid));
  allKnown(config, CONFIG, 'generationConfig/', unsaid);
  if ((config['candidateCount'] ?? 1) !== 1) unsaid.note('candidateCount');
  if (listIn(config['responseModalities']).some((each) => each !== 'TEXT')) {
    unsaid.note('responseModalities');
  }
  const { systemInstruction: own, maxOutputTokens: most } = { ...asked, ...config };
  const first =
    typeof own === 'string'
      ? { parts: [{ text: own }] }
      : objectOrNone(own, 'systemInstruction', unsaid);
  const contents = objectsIn(asked['contents'], 'contents', unsaid);
  const reader = new Contents(unsaid);
  const turns = contents.map((each, at) => reader.turnOf(each, `contents/${at} `));
  const system = reader.turnOf({ ...first, role: 'user' }, 'systemInstruction ');
  if (system.parts.some(({ kind }) => kind !== 'text')) unsaid.note('systemInstruction');
  const question: NeutralQuestion = {
    turns: joined([{ by: 'system', parts: system.parts }, ...turns]),
    tools: objectsIn(asked['tools'], 'tools', unsaid).flatMap((each, at) => {
      return toolsOf(plainNames(each), `tools/${at} `, unsaid);
    }),
    choice: choiceOf(asked['toolConfig'], unsaid),
    isParallel: undefined,
    most: typeof most === 'number' ? most : undefined,
    numbers: numbersIn(config, NUMBER_NAMES, unsaid),
    stops: stopsIn(config['stopSequences'], 'stopSequences', unsaid),
    form: formOf(config, unsaid),
    effort: undefined,
    verbosity: undefined,
  };
  return { question, manner: { tellsUsage: true, tools: new Map() } };
}

/** Reads turns in their order: a result that names no call answers the first one that is open. */
class Contents {
  readonly #unsaid: Unsaid;
  #open: { readonly id: string; readonly name: string }[] = [];
  #calls = 0;

  constructor(unsaid: Unsaid) {
    this.#unsaid = unsaid;
  }

  turnOf(content: Fields, place: string): Turn {
    const { role = 'user', parts } = content;
    allKnown(content, ['role', 'parts'], place, this.#unsaid);
    if (role !== 'user' && role !== 'model' && role !== 'function') {
      this.#unsaid.note(`${place}role ${textIn(role)}`);
    }
    const all = objectsIn(parts, `${place}parts`, this.#unsaid);
    const by = role === 'model' ? 'model' : 'user';
    return { by, parts: all.flatMap((each) => this.#partOf(plainNames(each), by, place)) };
  }

  #partOf(part: Fields, by: Turn['by'], place: string): readonly Part[] {
    const { text, thought, inlineData, functionCall: call, functionResponse: result } = part;
    if (thought === true) return [];
    if (typeof text === 'string') {
      allKnown(part, ['text', ...SIGNED], place, this.#unsaid);
      return [textPart(text)];
    }
    if (isFields(inlineData) && by === 'user') {
      allKnown(part, ['inlineData', ...SIGNED], place, this.#unsaid);
      const { mimeType, data } = plainNames(inlineData);
      return pictureOf(mimeType, data, `${place}inlineData`, this.#unsaid);
    }
    if (isFields(call) && by === 'model') {
      allKnown(part, ['functionCall', ...SIGNED], place, this.#unsaid);
      return [this.#callOf(call, place)];
    }
    if (isFields(result) && by === 'user') {
      allKnown(part, ['functionResponse', ...SIGNED], place, this.#unsaid);
      return [this.#resultOf(plainNames(result), place)];
    }
    const [name = 'parts'] = Object.keys(part).filter((each) => !SIGNED.includes(each));
    // A part that was but a signature says nothing.
    if (name !== 'parts' || Object.keys(part).length === 0) this.#unsaid.note(`${place}${name}`);
    return [];
  }

  #callOf(call: Fields, place: string): CallPart {
    allKnown(call, ['id', 'name', 'args'], `${place}functionCall/`, this.#unsaid);
    const id = textIn(call['id']) || `call_${this.#calls}`;
    this.#calls += 1;
    const name = textIn(call['name']);
    this.#open.push({ id, name });
    const given = objectOrNone(call['args'], `${place}functionCall/args`, this.#unsaid);
    return { kind: 'call', id, name, given };
  }

  #resultOf(result: Fields, place: string): ResultPart {
    allKnown(result, ['id', 'name', 'response'], `${place}functionResponse/`, this.#unsaid);
    const { id, name, response } = result;
    const said = textIn(id);
    const found = this.#open.find((each) => (said === '' ? each.name === name : each.id === said));
    if (found === undefined) this.#unsaid.note(`${place}the result of a call that was not made`);
    const told = objectOrNone(response, `${place}functionResponse/response`, this.#unsaid);
    this.#open = this.#open.filter((each) => each !== found);
    return { kind: 'result', id: found?.id ?? said, ...resultIn(told) };
  }
}

/** As the reference has it: `output` and `error`; all else is told as the object it is. */
function resultIn(response: Fields): Pick<ResultPart, 'isError' | 'parts'> {
  const [[name, value] = ['', ''], ...more] = Object.entries(response);
  if (more.length === 0 && typeof value === 'string' && /^(output|error)$/.test(name)) {
    return { isError: name === 'error', parts: [textPart(value)] };
  }
  return { isError: false, parts: [textPart(JSON.stringify(response))] };
}

function toolsOf(tool: Fields, place: string, unsaid: Unsaid): readonly Tool[] {
  for (const [name, value] of Object.entries(tool)) {
    const isOurs = name === 'functionDeclarations' || value === null;
    if (!isOurs) unsaid.note(`${place}${name}, which its provider runs,`);
  }
  const declared = objectsIn(tool['functionDeclarations'], `${place}functionDeclarations`, unsaid);
  return declared.map((each) => {
    const { name, description, parameters, parametersJsonSchema, ...more } = plainNames(each);
    // What it answers with is said for its caller.
    allKnown(more, ['response', 'responseJsonSchema'], place, unsaid);
    const own = isFields(parameters) ? jsonSchemaOf(parameters) : undefined;
    const schema = schemaIn(parametersJsonSchema ?? own ?? parameters, place, unsaid);
    return {
      name: textIn(name),
      description: textIn(description),
      schema,
      isStrict: false,
    };
  });
}

function choiceOf(given: unknown, unsaid: Unsaid): ToolChoice | undefined {
  const { functionCallingConfig, ...others } = plainNames(fieldsIn(given));
  allKnown(others, [], 'toolConfig/', unsaid);
  if (functionCallingConfig === undefined) return undefined;
  const { mode, allowedFunctionNames: names } = plainNames(fieldsIn(functionCallingConfig));
  const [name, ...more] = listIn(names);
  if (mode === 'AUTO' && name === undefined) return 'auto';
  if (mode === 'NONE') return 'none';
  if (mode === 'ANY' && name === undefined) return 'any';
  if (mode === 'ANY' && typeof name === 'string' && more.length === 0) return { tool: name };
  unsaid.note('toolConfig');
  return undefined;
}

function formOf(config: Fields, unsaid: Unsaid): TextForm | undefined {
  const { responseMimeType: type, responseSchema, responseJsonSchema } = config;
  if (type === undefined || type === 'text/plain') return undefined;
  if (type !== JSON_TYPE) unsaid.note(`responseMimeType ${textIn(type)}`);
  const own = isFields(responseSchema) ? jsonSchemaOf(responseSchema) : undefined;
  const schema = isFields(responseJsonSchema) ? responseJsonSchema : own;
  return schema === undefined ? { kind: 'json' } : { kind: 'schema', schema, isStrict: false };
}

/** Instead of a signature where a call was made by another model: its newer models want one. */
const NO_SIGNATURE = 'skip_thought_signature_validator';

export function writeGemini(question: NeutralQuestion, unsaid: Unsaid): Fields {
  const { turns, tools, choice, most, numbers, stops, form } = question;
  if (tools.some(({ isStrict }) => isStrict)) unsaid.note('a tool that is strict');
  const system = turns.filter(({ by }) => by === 'system').flatMap(({ parts }) => parts);
  const spoken = joined(turns.filter(({ by }) => by !== 'system'));
  // Of calls of one id the last before a result is the one that it answers.
  const names = new Map<string, string>();
  const partFor = (part: Part): Fields => geminiPart(part, names, unsaid);
  const config = {
    ...(most === undefined ? {} : { maxOutputTokens: most }),
    ...numbersFor(numbers, NUMBER_NAMES, unsaid),
    ...(stops.length === 0 ? {} : { stopSequences: stops }),
    ...(form === undefined ? {} : { responseMimeType: JSON_TYPE }),
    ...(form?.kind === 'schema' ? { responseJsonSchema: form.schema } : {}),
  };
  return {
    ...(system.length === 0 ? {} : { systemInstruction: { parts: system.map(partFor) } }),
    contents: spoken.map(({ by, parts }) => ({ role: by, parts: parts.map(partFor) })),
    ...(tools.length === 0 ? {} : { tools: [{ functionDeclarations: tools.map(toolFor) }] }),
    ...(choice === undefined ? {} : { toolConfig: { functionCallingConfig: choiceFor(choice) } }),
    ...(Object.keys(config).length === 0 ? {} : { generationConfig: config }),
  };
}

function geminiPart(part: Part, names: Map<string, string>, unsaid: Unsaid): Fields {
  switch (part.kind) {
    case 'text':
      return { text: part.text };
    case 'image':
      return { inlineData: { mimeType: part.media, data: part.data } };
    case 'linked':
      unsaid.note('a picture by its address');
      return {};
    case 'call': {
      const { id, name, given: args } = part;
      names.set(id, name);
      return { functionCall: { id, name, args }, thoughtSignature: NO_SIGNATURE };
    }
    case 'result': {
      const { id, isError, parts } = part;
      const name = names.get(id);
      if (name === undefined) unsaid.note('the result of a call that was not made');
      const texts = parts.filter((each): each is TextPart => each.kind === 'text');
      if (texts.length < parts.length) unsaid.note('a picture in the result of a tool');
      const told = texts.map(({ text }) => text).join('\n');
      return { functionResponse: { id, name, response: { [isError ? 'error' : 'output']: told } } };
    }
  }
}

function toolFor({ name, description, schema }: Tool): Fields {
  const about = description === '' ? {} : { description };
  return { name, ...about, parametersJsonSchema: schema };
}

function choiceFor(choice: ToolChoice): Fields {
  if (typeof choice !== 'string') return { mode: 'ANY', allowedFunctionNames: [choice.tool] };
  return { mode: choice.toUpperCase() };
}
