import { SimpleChatModel } from '@langchain/core/language_models/chat_models';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { RunnableLambda } from '@langchain/core/runnables';
import { Agent } from './ioi_sdk/index.ts';

const agent = new Agent('minutes');
const ROLES = { human: 'user', ai: 'assistant' };

/** A route of the node as a chat model of LangChain: what it is asked is a step. */
class RouteModel extends SimpleChatModel {
  constructor(route) {
    super({ maxRetries: 0 });
    this.route = route;
  }

  _llmType() {
    return 'ioi';
  }

  async _call(messages) {
    const asked = messages.map((each) => {
      const type = each.getType();
      return { role: ROLES[type] ?? type, content: String(each.content) };
    });
    return agent.llm.chat(asked, { route: this.route, max_tokens: 512 });
  }
}

const chain = RunnableLambda.from(async ({ path }) => ({ notes: await agent.fs.read(path) }))
  .pipe(
    ChatPromptTemplate.fromMessages([
      ['system', 'Write the minutes of a meeting from notes.'],
      ['human', '{notes}'],
    ]),
  )
  .pipe(new RouteModel('writer'))
  .pipe(new StringOutputParser());

const input = {
  type: 'object',
  properties: { path: { type: 'string' } },
  required: ['path'],
  additionalProperties: false,
};

agent.task('minutes', { input, output: { type: 'string' } }, async ({ path }) => {
  const text = await chain.invoke({ path });
  await agent.fs.write(`${path}.minutes`, text);
  return text;
});

await agent.run();
