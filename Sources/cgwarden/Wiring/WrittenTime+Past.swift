import CgroupModel
import KernelIO
import Reports

extension WrittenTime {
    /// Returns the latest instant that the time can mean in a past that ends at `end`.
    ///
    /// The caller wants the newest snapshot at or before it. `what` names the past. Throws if the
    /// past begins later.
    func latestInstant(in what: String, from first: UInt64, before end: UInt64) throws -> UInt64 {
        let instant = try latestInstant(before: end)
        guard instant >= first else {
            throw CgwardenError(
                "\(what) begins at \(CivilTime(local: first).text); \(text.onOneLine) is before "
                    + "that", .noInput)
        }
        return instant
    }
}
