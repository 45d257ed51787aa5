export * from './boundary/index.ts';
export * from './content/index.ts';
export * from './domain/index.ts';
export * from './export/index.ts';
export * from './ledger/index.ts';
export * from './policy/index.ts';
