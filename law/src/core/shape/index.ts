export { placed, type TextFault } from './placed.ts';
export { type Shape, type ShapeCode, type ShapeFlaw, shapeFaults } from './shape.ts';
