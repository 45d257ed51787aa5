export { writeDebian } from './debian.ts';
export { archiveName, signSums, writeArchive, writeSums } from './release-papers.ts';
export { makeLibrary, makeTree } from './release-tree.ts';
export { writeSingle } from './single.ts';
