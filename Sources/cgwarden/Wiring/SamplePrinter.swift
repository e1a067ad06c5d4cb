import CgroupModel
import Hierarchy
import KernelIO
import LiveView
import Reports

/// Prints samples of `top` as text, one after another.
struct SamplePrinter {
    private let format: SampleOutput.Format
    private let path: CgroupPath
    private let table: PlainTable
    private let header: Bool
    private let condition: CgroupFilter?
    private let identities: Identities?
    private var output: SampleOutput
    /// The number of samples printed.
    private(set) var count = 0

    init(
        _ format: SampleOutput.Format, _ table: PlainTable, header: Bool, below path: CgroupPath,
        identities: Identities?, condition: CgroupFilter? = nil
    ) {
        self.format = format
        self.path = path
        self.table = table
        self.header = header
        self.condition = condition
        self.identities = identities
        output = SampleOutput(
            format: format, fields: format == .json ? nil : FieldList.usual,
            identities: identities)
    }

    mutating func print(_ snapshot: Snapshot) throws {
        // The ancestors are sampled too, but only for effective limits.
        let indices = snapshot.cgroups.indices.filter {
            snapshot.cgroups[$0].path.isWithin(path)
                && condition?.matches(
                    FilterSubject(
                        snapshot, $0, identity: identities?.identity(of: snapshot.cgroups[$0])))
                    ?? true
        }
        if format == .table {
            let gap = count == 0 ? "" : "\n"
            try StandardOutput.write(gap + table.text(snapshot, indices, header: header))
        } else {
            try StandardOutput.write(output.render(snapshot, indices))
        }
        count += 1
    }
}
