import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { type Agent, connectAgent } from '../demo/agent.ts';
import { TestNode } from './test-node.ts';

/** A node under its starter policy and an agent at its door, for all tests of one file. */
export class NodeWithAgent {
  readonly node = new TestNode();
  #agent: Agent | undefined;

  /** `prepare`: what is to be so before the agent comes. `config`: more of node.json. */
  constructor(prepare: (node: TestNode) => Promise<void> = async () => {}, config: object = {}) {
    before(async () => {
      const { node } = this;
      assert.equal((await node.init()).code, 0);
      const path = node.home.nodeConfig;
      const begun = JSON.parse(readFileSync(path, 'utf8'));
      writeFileSync(path, JSON.stringify({ ...begun, ...config }));
      assert.equal((await node.ioi('up', '--detach')).code, 0);
      assert.equal((await node.activate()).code, 0);
      await prepare(node);
      await this.connect();
    });
    after(async () => {
      await this.#agent?.close();
      await this.node.close();
    });
  }

  /** Again, when the node has been down. */
  async connect(): Promise<void> {
    this.#agent = await connectAgent(this.node.home);
  }

  /** From the first test on. */
  get agent(): Agent {
    assert.ok(this.#agent);
    return this.#agent;
  }
}
