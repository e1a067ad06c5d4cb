package import CgroupModel
internal import Hierarchy
internal import KernelIO

/// Reclaims memory of a cgroup.
package struct Reclaimer: Sendable {
    /// The amount to reclaim.
    package enum Amount: Sendable, Hashable {
        case bytes(UInt64)
        /// As much as possible.
        case all
    }

    /// The result of a reclaim, in bytes.
    package struct Reclaimed: Sendable {
        /// The usage before and after, which also reflects concurrent allocations.
        package let before, after: UInt64
        /// The amount that the kernel confirmed; nil in a dry run and on v1, which reports none.
        package let confirmed: UInt64?
        /// Whether the confirmed amount is less than requested; false for ``Amount/all``.
        package let isPartial: Bool
    }

    /// The size of one request; the deadline is checked between requests.
    private static let step: UInt64 = 32 << 20
    private let context: ActingContext

    package init(_ context: ActingContext) { self.context = context }

    /// Reclaims in steps until the amount is reached, the kernel finds no more, or time is up.
    ///
    /// `swappiness` is 0 to 200; nil leaves it to the kernel (v2, since Linux 6.10). A dry run only
    /// reads the usage.
    package func reclaim(
        _ path: CgroupPath, _ amount: Amount, deadline: Duration = .seconds(10),
        swappiness: UInt32? = nil, dryRun: Bool = false
    ) throws(ActuationError) -> Reclaimed {
        let directory = try TargetTrees.directory(
            .memory, of: path, for: .reclaim, in: context,
            remedy: "name the cgroup that holds them all")
        if directory.hierarchy.version == .legacy {
            return try empty(directory, amount, dryRun: dryRun)
        }
        let before = try usage("memory.current", directory)
        if dryRun {
            // The file is write-only, so a read cannot show whether it exists.
            do throws(IOError) {
                try ControlFile.checkWritable("memory.reclaim", in: directory.descriptor)
            } catch {
                throw explained(error, directory)
            }
            return Reclaimed(before: before, after: before, confirmed: nil, isPartial: false)
        }
        let wanted = if case .bytes(let bytes) = amount { bytes } else { before }
        let end = Deadline(after: deadline)
        var done: UInt64 = 0
        var step = min(Self.step, wanted)
        let option = swappiness.map { " swappiness=\($0)" } ?? ""
        while done < wanted, !end.hasPassed, step > 0 {
            do throws(IOError) {
                try context.files.write("\(step)\(option)", to: "memory.reclaim", of: directory)
                done += step
                step = min(step, wanted - done)
            } catch {
                guard error.isTryAgain else { throw explained(error, directory) }
                // Some memory may have been freed; smaller steps find the rest.
                step = step > 1 << 20 ? step / 4 : 0
            }
        }
        return Reclaimed(
            before: before, after: try usage("memory.current", directory), confirmed: done,
            isPartial: done < wanted && amount != .all)
    }

    private func explained(
        _ error: IOError, _ directory: CgroupDirectory
    ) -> ActuationError {
        guard error.isMissing, (try? directory.isCurrent()) == true else {
            return ActuationError(error, on: directory)
        }
        var hasMemory = true
        do throws(IOError) {
            _ = try directory.read("memory.current")
        } catch {
            guard error.isMissing else { return ActuationError(error, on: directory) }
            hasMemory = false
        }
        let way = ControllerWay(.memory, to: directory.path, in: directory.hierarchy, context.files)
        return ActuationError(
            .unavailable,
            hasMemory
                ? "this kernel has no memory.reclaim (since Linux 5.19)"
                : "\(directory.path) has no memory controller; \(way.remedy)")
    }

    /// Empties the cgroup; v1 can only reclaim everything.
    private func empty(
        _ directory: CgroupDirectory, _ amount: Amount, dryRun: Bool
    ) throws(ActuationError) -> Reclaimed {
        guard amount == .all else {
            throw ActuationError(
                .unavailable,
                "cgroup v1 cannot reclaim a given number of bytes; reclaim as much as possible: "
                    + "cgwarden reclaim --all \(directory.path.shellWord)")
        }
        let before = try usage("memory.usage_in_bytes", directory)
        if dryRun {
            try directory.checkWritable("memory.force_empty")
            return Reclaimed(before: before, after: before, confirmed: nil, isPartial: false)
        }
        try context.files.put("0", to: "memory.force_empty", of: directory)
        return Reclaimed(
            before: before, after: try usage("memory.usage_in_bytes", directory), confirmed: nil,
            isPartial: false)
    }

    private func usage(
        _ file: String, _ directory: CgroupDirectory
    ) throws(ActuationError) -> UInt64 {
        do throws(IOError) {
            return try context.files.value(file, of: directory) { UInt64($0) }
        } catch {
            throw explained(error, directory)
        }
    }
}
