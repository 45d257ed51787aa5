/** The module of examples/wasm-worker, whose one task is `read`. */
export const WASM_MODULE = [
  'AGFzbQEAAAABJgZgAn9/AX9gAn9/AGABfwF/YAN/f38AYAR/f39/AX9gBH9/f38AAhUCA2lvaQNhc2sAAANpb2kDc2',
  'F5AAEDBgUCAwQFAwUDAQACBgcBfwFBgCALBy8EBm1lbW9yeQIACWlvaV9hbGxvYwACCWlvaV9iZWdpbgAFCmlvaV9z',
  'ZXR0bGUABgqQAgUuAQF/IwAhASABIABqJAACQCMAPwBBEHRNDQBBfyAAQRB2QQFqQABHDQAACyABCyMAA0AgAgRAIA',
  'JBAWshAiAAIAJqIAEgAmotAAA6AAAMAQsLCzMBAX8gASADakEBahACIQQgBCAAIAEQAyAEIAFqIAIgAxADIAQgAWog',
  'A2pB/QA6AAAgBAsUAEEQQR4gAiADEAQgA0EfahAAGgtyAQJ/IAFBCWotAABB5ABHBEBBgAFBxAAQAQ8LIAFBGGohAy',
  'ADQQFqIQQCQANAIAQtAABBIkYNASAELQAAQdwARgRAIARBAWohBAsgBEEBaiEEDAALCyAEIANrQQFqIQJBwABBHCAD',
  'IAIQBCACQR1qEAELC5ABAwBBEAseeyJ0YXJnZXQiOiJmczo6cmVhZCIsInBhcmFtcyI6AEHAAAsceyJraW5kIjoicm',
  'V0dXJuZWQiLCJvdXRwdXQiOgBBgAELRHsia2luZCI6InJhaXNlZCIsImNvZGUiOiJyZWZ1c2VkIiwibWVzc2FnZSI6',
  'InRoZSBzdGVwIHdhcyBub3QgZG9uZSJ9ALcBCWlvaTp0YXNrc1t7Im5hbWUiOiJyZWFkIiwiaW5wdXRfc2NoZW1hIj',
  'p7InR5cGUiOiJvYmplY3QiLCJwcm9wZXJ0aWVzIjp7InBhdGgiOnsidHlwZSI6InN0cmluZyJ9fSwicmVxdWlyZWQi',
  'OlsicGF0aCJdLCJhZGRpdGlvbmFsUHJvcGVydGllcyI6ZmFsc2V9LCJvdXRwdXRfc2NoZW1hIjp7InR5cGUiOiJzdH',
  'JpbmcifX1d',
].join('');

export const WASM_CASES: readonly object[] = [
  {
    task: 'read',
    input: { path: 'notes.txt' },
    files: { 'notes.txt': 'one two' },
    output: 'one two',
  },
];
