internal import CgroupModel
internal import Hierarchy
internal import KernelIO
internal import Policy

extension OOMGuardOutcome {
    /// The outcome in the form of the audit log.
    var audited: EffectResult.Outcome {
        switch self {
        case .done: .done
        case .partial(let text): .partial(text)
        case .busy(let reason): .failed(.init(errno: .busy, reason))
        case .failed(let reason): .failed(.init(reason))
        }
    }
}

extension PolicyInstant {
    /// The current time on the clock that includes suspend.
    static var now: PolicyInstant { PolicyInstant(nanoseconds: MonotonicClock.bootNanoseconds) }
}

/// The host's free memory.
enum HostMemory {
    /// Returns `MemAvailable` of /proc/meminfo in bytes; nil if it cannot be read.
    static func available(_ system: SystemRoot) -> UInt64? {
        guard let bytes = try? ReadBuffer.contents(of: system.proc("meminfo")) else { return nil }
        return HostText.memory("MemAvailable", in: bytes).value
    }
}
