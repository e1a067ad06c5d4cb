#if Exporter
import CgroupModel
import Exporter
import Hierarchy
import KernelIO

/// The resource usage of this process.
enum OwnProcess {
    private static let bootSeconds: UInt64? = {
        guard let stat = try? ReadBuffer.contents(of: Array("/proc/stat".utf8)) else { return nil }
        let text = String(decoding: stat, as: UTF8.self)
        return text.split(separator: "\n").first { $0.hasPrefix("btime ") }.flatMap {
            UInt64($0.dropFirst(6))
        }
    }()

    static func sample() -> ProcessSample {
        var sample = ProcessSample()
        sample.cpuMicroseconds = Reading(MonotonicClock.processCPUNanoseconds / 1000)
        let memory = ProcessMemory.current
        sample.residentBytes = memory.resident
        sample.virtualBytes = memory.virtual
        let limits = DescriptorBudget.limits
        sample.maximumDescriptors = limits.descriptors
        sample.maximumVirtualBytes = limits.addressSpace
        sample.openDescriptors = DescriptorBudget.open
        if let stat = ProcessReader(.live).ownStat {
            if let boot = bootSeconds {
                sample.startMicroseconds = Reading(boot * 1_000_000 + stat.startTicks * 10_000)
            }
            sample.threads = Reading(stat.threads)
        }
        return sample
    }
}
#endif
