import CgroupModel
import PolicyLanguage

extension LimitKey {
    /// The value that a snapshot shows; nil if it does not hold it.
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
