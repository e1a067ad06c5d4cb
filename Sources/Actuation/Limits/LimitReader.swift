package import CgroupModel
package import Hierarchy
import KernelIO

/// The current value of one limit of a cgroup.
package struct LimitReading: Sendable {
    /// The limit in the catalog.
    package let limit: Limit
    /// The disk, page size, interface or resource; nil for a limit with one value per cgroup.
    package let instance: String?
    /// The value, or why there is none.
    package let value: Result<LimitValue, ActuationError>
    /// The kernel's file; empty if there is none.
    package let file: String
    /// The text in that file.
    package let raw: String

    /// The name with its instance, in the form that `set` accepts: `io.max.rbps 8:0`,
    /// `hugetlb.2MB.max`.
    package var name: String { limit.name(of: instance) }
}

/// Reads limits by their unified names, on v1 and v2.
package struct LimitReader {
    private let files: CgroupFiles

    /// Reads the limits of one cgroup.
    package init(
        _ path: CgroupPath, in set: HierarchySet, files: any ControlFiles = KernelControlFiles()
    ) {
        self.files = CgroupFiles(path: path, set: set, files: files)
    }

    /// Returns the value of a limit, or one value per instance that the kernel lists.
    package func read(_ limit: Limit) -> [LimitReading] {
        do throws(ActuationError) {
            return try values(limit)
        } catch {
            return [
                LimitReading(limit: limit, instance: nil, value: .failure(error), file: "", raw: "")
            ]
        }
    }

    /// Returns the values of a limit that the user named; if the kernel lists no instance, one
    /// reading with an empty text.
    package func read(named limit: Limit) -> [LimitReading] {
        let readings = read(limit)
        guard readings.isEmpty, let file = (try? files.candidates(limit))?.first else {
            return readings
        }
        return [
            LimitReading(
                limit: limit, instance: nil, value: .success(.text("")), file: file.name, raw: "")
        ]
    }

    private func values(_ limit: Limit) throws(ActuationError) -> [LimitReading] {
        guard limit.dimension != nil else {
            let found = try files.locate(limit, instance: nil)
            if found.file.coding == .command { return [] }
            return [reading(limit, found)]
        }
        var result: [LimitReading] = []
        for instance in try instances(limit) {
            result.append(reading(limit, try files.locate(limit, instance: instance)))
        }
        return result
    }

    /// Returns the instances that the kernel lists: page sizes by file, others by line.
    private func instances(_ limit: Limit) throws(ActuationError) -> [String] {
        let candidates = try files.candidates(limit)
        guard limit.dimension != .pageSize, let file = candidates.first else {
            let directory = try files.directory(limit.controller)
            return directory.pageSizes(of: candidates.first?.name ?? "")
        }
        let directory = try files.directory(limit.controller)
        for candidate in candidates {
            guard let text = directory.textIfAny(candidate.name, files.files) else { continue }
            let names = text.split(separator: "\n").compactMap { $0.split(separator: " ").first }
            return names.map(String.init).filter { $0 != "default" }
        }
        throw files.missing(file.name, limit, directory)
    }

    private func reading(_ limit: Limit, _ found: FoundCell) -> LimitReading {
        let value = decoded(found)
        let failure = ActuationError(
            .failed,
            "\(found.cell) of \(files.path) contains \"\(found.old)\", which cannot be parsed")
        return LimitReading(
            limit: limit, instance: found.instance,
            value: value.map { .success($0) } ?? .failure(failure), file: "\(found.cell)",
            raw: found.old)
    }

    private func decoded(_ found: FoundCell) -> LimitValue? {
        switch found.file.coding {
        case .quota:
            return Bandwidth(of: found.directory, isUnified: false, files.files)?.cpus
        case .swapBeyondMemory:
            guard let swap = found.file.coding.stored(found.old),
                let memory = found.directory.textIfAny("memory.max", files.files)
                    .flatMap({ LimitCatalog.coding(ofFile: "memory.max")?.decode($0) })
            else { return nil }
            guard let swap = swap.number, let memory = memory.number else { return .unlimited }
            let (sum, overflow) = swap.addingReportingOverflow(memory)
            return overflow ? .unlimited : .number(sum)
        default: return found.file.coding.decode(found.old)
        }
    }
}

extension CgroupDirectory {
    /// Returns the page sizes that have a file matching `pattern`, such as `hugetlb.*.max`.
    func pageSizes(of pattern: String) -> [String] {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false)
        guard parts.count == 2, let opened = try? descriptor.reopened(),
            let entries = try? opened.entries(path: path.description)
        else { return [] }
        return entries.map { $0.name.pathText }.filter {
            $0.hasPrefix(parts[0]) && $0.hasSuffix(parts[1])
        }.map { String($0.dropFirst(parts[0].count).dropLast(parts[1].count)) }
            .filter { PageSize($0) != nil }.sorted()
    }
}
