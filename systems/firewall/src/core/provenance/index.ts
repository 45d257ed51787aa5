export { EvidenceGraph, type Provenance, sourceLabels } from './graph.ts';
export { type ResultReading, readText, readValue } from './records.ts';
