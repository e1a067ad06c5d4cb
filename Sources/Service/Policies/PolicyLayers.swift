import CgroupModel
import KernelIO
import Policy
import PolicyLanguage

/// The layers besides limits and rules; the same for the daemon, a plan and a back-test.
enum PolicyLayers {
    /// Creates the layers; `isLegacy` returns whether a controller is in a v1 hierarchy.
    static func all(
        _ policy: PolicyDocument, mode: HierarchyMode, isLegacy: (Controller) -> Bool
    ) -> [any LayerSource] {
        [
            PoolSource(policy, mode: mode, isLegacy: isLegacy(.cpuset)),
            AutosizeSource(policy, isLegacy: isLegacy(.memory)),
            HighWatchSource(policy),
        ]
    }
}

extension PolicyInput {
    /// Creates the input of one tick; everything but the CPUs, results, guards and events comes
    /// from the snapshot.
    init(
        of snapshot: Snapshot, topology: CPUTopology?, results: [EffectResult] = [],
        guarded: [CgroupID: GuardedCgroup] = [:], events: [PolicyEvent] = []
    ) {
        self.init(
            snapshot: snapshot, time: PolicyInstant(nanoseconds: snapshot.tierTimes[0].now),
            minuteOfDay: CivilTime(local: snapshot.wallTime).second / 60, topology: topology,
            results: results, guarded: guarded, events: events)
    }
}
