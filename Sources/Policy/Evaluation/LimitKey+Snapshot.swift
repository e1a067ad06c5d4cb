import CgroupModel
import PolicyLanguage

extension LimitKey {
    /// Returns the value in a snapshot; nil if the snapshot does not contain it.
    func value(
        in snapshot: Snapshot, at position: Int, device: (String) -> InstanceKey?
    ) -> LimitValue? {
        guard let limit else { return nil }
        guard let dimension = limit.dimension else {
            return limit.value(in: snapshot, at: position)
        }
        let instance = instance.flatMap { InstanceKey($0, dimension, device: device) }
        return limit.value(in: snapshot, at: position, of: instance)
    }
}
