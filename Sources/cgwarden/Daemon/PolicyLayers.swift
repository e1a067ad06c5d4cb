import CgroupModel
import Policy

/// The layers beside limits and rules, the same live, for a plan and over a recording.
enum PolicyLayers {
    /// `isLegacy` tells whether a controller is in a hierarchy of v1.
    static func all(
        _ policy: PolicyDocument, mode: Policy.HierarchyMode, isLegacy: (Controller) -> Bool
    ) -> [any LayerSource] {
        [
            PoolSource(policy, mode: mode, isLegacy: isLegacy(.cpuset)),
            AutosizeSource(policy, isLegacy: isLegacy(.memory)),
            HighWatchSource(policy),
        ]
    }
}

extension PolicyInput {
    /// What one tick knows, of which all but the CPUs, results and guards is in the snapshot.
    init(
        of snapshot: Snapshot, topology: CPUTopology?, results: [EffectResult] = [],
        guarded: [CgroupID: GuardedCgroup] = [:]
    ) {
        self.init(
            snapshot: snapshot, time: PolicyInstant(nanoseconds: snapshot.tierTimes[0].now),
            minuteOfDay: CivilTime(local: snapshot.wallTime).second / 60, topology: topology,
            results: results, guarded: guarded)
    }
}
