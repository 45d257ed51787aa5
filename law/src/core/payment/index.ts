export { type PaymentCall, paymentCall, paymentFault } from './payment-call.ts';
