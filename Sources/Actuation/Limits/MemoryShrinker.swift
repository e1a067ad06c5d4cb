import CgroupModel
import Hierarchy
import KernelIO

/// Reclaims memory before a limit below usage is set, so that the limit causes no OOM kill.
///
/// v2 reclaims on request (`memory.reclaim`). v1 reclaims while its limit is lowered in steps, and
/// refuses a step that it cannot reach.
struct MemoryShrinker {
    let write: PlannedWrite
    let files: any ControlFiles
    let pause: @Sendable (Duration) -> Void

    private static let step: UInt64 = 64 << 20
    private static let patience = 5

    func shrink() throws(ActuationError) {
        guard let target = write.new.number else { return }
        let isUnified = write.directory.hierarchy.version == .unified
        let usageFile =
            isUnified
            ? "memory.current"
            : write.cell.file.replacing("limit_in_bytes", with: "usage_in_bytes")
        var fruitless = 0
        while let usage = try usage(usageFile), usage > goal(target, isUnified) {
            let wanted = min(usage - goal(target, isUnified), Self.step)
            try step(down: wanted, from: usage, to: target, isUnified)
            let now = try self.usage(usageFile) ?? usage
            fruitless = now + wanted / 8 >= usage ? fruitless + 1 : 0
            guard fruitless < Self.patience else {
                throw ActuationError(
                    .busy,
                    "\(write.name) of \(write.directory.path) unchanged: "
                        + "\(LimitValue.number(now).roundedByteText) in use, and no more can be "
                        + "reclaimed; free memory in it, or set a higher limit")
            }
            if fruitless > 0 { pause(.milliseconds(500)) }
        }
    }

    /// The usage to reach: 5 % below the limit on v2, where an allocation at the limit could kill.
    private func goal(_ target: UInt64, _ isUnified: Bool) -> UInt64 {
        isUnified ? target - target / 20 : target
    }

    private func usage(_ file: String) throws(ActuationError) -> UInt64? {
        try write.directory.usage(file, files)
    }

    private func step(
        down bytes: UInt64, from usage: UInt64, to target: UInt64, _ isUnified: Bool
    ) throws(ActuationError) {
        do throws(IOError) {
            if isUnified {
                try files.write("\(bytes)", to: "memory.reclaim", of: write.directory)
            } else {
                let limit = max(usage - bytes, target)
                try files.write("\(limit)", to: write.cell.file, of: write.directory)
            }
        } catch {
            // EAGAIN and EBUSY: less was reclaimed than requested; the usage shows how much.
            guard error.isTryAgain || error.isBusy else {
                throw ActuationError(error, on: write.directory)
            }
        }
    }
}
