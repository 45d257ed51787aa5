export {
  isQuestionContract,
  isUnanswered,
  maySendQuestions,
  PERSON_SERVER,
  questionContract,
} from './question-contract.ts';
