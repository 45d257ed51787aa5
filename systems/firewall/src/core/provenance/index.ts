export { EvidenceGraph, type Provenance } from './graph.ts';
export { type ResultReading, readText, readValue } from './records.ts';
