export { type PaymentCall, paymentCall } from './payment-call.ts';
