export { connectionPair, type ConnectionPairOptions } from '../connectionPair';
