/** What somebody who writes the first one can change: a tool that reads, and a person. */
export function beginningOf(name: string, tool: string): string {
  const workflow = {
    workflow_id: `workflow://${name}`,
    version: '0.1.0',
    title: name,
    inputs: [{ name: 'path', type: 'text' }],
    outputs: [{ name: 'content', type: 'text' }],
    budget: { max_calls: 10 },
    steps: [
      {
        step_id: 'read',
        kind: 'tool',
        tool,
        inputs: [{ name: 'path', type: 'text' }],
        outputs: [{ name: 'content', type: 'text' }],
      },
      {
        step_id: 'agree',
        kind: 'approval',
        question: 'Is this what you wanted?',
        inputs: [{ name: 'content', type: 'text' }],
      },
    ],
    edges: [
      { kind: 'data', from: 'inputs.path', to: 'read.path' },
      { kind: 'data', from: 'read.content', to: 'agree.content' },
      { kind: 'data', from: 'read.content', to: 'outputs.content' },
    ],
  };
  return `${JSON.stringify(workflow, undefined, 2)}\n`;
}
