import CgroupModel
import Hierarchy
import Service
import Synchronization

/// Where the frames of a live view come from as they happen: this process, the daemon or another
/// host.
protocol FrameSource: Sendable {
    /// Returns a new frame; nil if there is none yet.
    ///
    /// The view asks once in each interval, in seconds. Ticks follow one another.
    func next(interval: Double) async -> Snapshot?
    /// Returns the cgroups without values, to be shown until the first frame; nil if the first
    /// frame arrives just as soon.
    ///
    /// The view asks once, before the first frame.
    func listing() async -> Snapshot?
    /// Where the frames come from, for the title; does not wait for a file or a host.
    var title: String { get }
}

extension FrameSource {
    /// Returns nil.
    func listing() async -> Snapshot? { nil }
}

/// Frames that this process samples.
struct OwnFrames: FrameSource {
    private let sampler: Sampler
    let title: String

    init(_ observation: Observation) {
        sampler = observation.sampler
        let host = observation.set.system.hostName
        title = [host, observation.set.mode.word].compactMap(\.self).joined(separator: "  ")
    }

    func listing() async -> Snapshot? { await sampler.listing() }

    func next(interval: Double) async -> Snapshot? {
        let snapshot = await sampler.sample()
        await sampler.setCostlyMultiple(Sampler.costlyMultiple(interval: interval))
        return snapshot
    }
}

/// Numbers frames that another process took, some of which may have been missed.
final class FrameCounter: Sendable {
    private let last = Mutex<UInt64>(0)

    func numbered(_ snapshot: Snapshot) -> Snapshot {
        let tick = last.withLock { last in
            last += 1
            return last
        }
        return snapshot.renumbered(tick)
    }
}

extension Snapshot {
    func renumbered(_ tick: UInt64) -> Snapshot {
        Snapshot(
            tick: tick, wallTime: wallTime, tierTimes: tierTimes, schema: schema,
            cgroups: cgroups, blocks: blocks, host: host, health: health)
    }
}
