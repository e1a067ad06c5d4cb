import CgroupModel

/// How the engine classifies outcomes.
extension EffectResult.Outcome {
    /// Whether the effect was performed as far as possible.
    package var isSuccess: Bool {
        switch self {
        case .done, .partial, .ineffective: true
        default: false
        }
    }

    /// Whether nothing is left to revert; a thaw or restore for which this is false is retried.
    package var isTakenBack: Bool {
        switch self {
        case .done, .partial, .gone: true
        case .ineffective, .vetoed, .skipped, .hung: false
        case .failed(let failure), .rolledBack(let failure), .halfway(let failure):
            failure.errno?.isGone ?? false
        }
    }

    var failure: EffectResult.Failure? {
        switch self {
        case .failed(let failure), .rolledBack(let failure), .halfway(let failure): failure
        default: nil
        }
    }
}
