/** What can be measured of a node alone, in the order in which all of it is. */
export const NODE_PARTS = ['steps', 'at-once', 'models', 'python', 'resume', 'many'] as const;

export type NodePart = (typeof NODE_PARTS)[number];
