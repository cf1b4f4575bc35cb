using Zhengtong.OpenData.Model;

namespace Zhengtong.OpenData.Apps;

/// <summary>Which columns of a table say what a guide needs. Departments name columns as they like: a column counts by its name or its title, and the first word of the list that fits decides.</summary>
/// <param name="Name">What the place is called.</param>
internal sealed record GuideColumns(TableColumn Name)
{
    private static readonly string[] Names = ["name", "名称", "*名称", "店名", "馆名", "站点"];
    private static readonly string[] Addresses = ["address", "地址", "*地址"];
    private static readonly string[] Districts = ["district_code", "行政区划代码", "*区划代码"];
    private static readonly string[] Levels = ["level", "grade", "audience", "line", "等级", "*等级", "类型", "类别"];
    private static readonly string[] HoursOf = ["opening_hours", "开放时间", "营业时间", "服务时间", "*时间"];
    private static readonly string[] ClosedOn = ["closed_on", "闭园日", "闭馆日", "休息日"];
    private static readonly string[] Emergencies = ["emergency", "设急诊", "急诊", "24小时急诊"];
    private static readonly string[] Phones = ["phone", "咨询电话", "联系电话", "电话"];
    private static readonly string[] Froms = ["valid_from", "开始日期"];
    private static readonly string[] Untils = ["valid_to", "截止日期"];
    private static readonly string[] FirstBuses = ["first_bus", "首班", "首班时间"];
    private static readonly string[] LastBuses = ["last_bus", "末班", "末班时间"];
    private static readonly string[] Intervals = ["interval", "发车间隔"];
    private static readonly string[] RunTimes = ["run_minutes", "自起点行程"];

    /// <summary>Street and house.</summary>
    internal TableColumn? Address { get; private init; }

    /// <summary>Code of the division it lies in.</summary>
    internal TableColumn? District { get; private init; }

    /// <summary>Level, class or for whom it is: what one chooses by.</summary>
    internal TableColumn? Level { get; private init; }

    /// <summary>When it is open, as text.</summary>
    internal TableColumn? Hours { get; private init; }

    /// <summary>Weekdays on which it is not.</summary>
    internal TableColumn? Closed { get; private init; }

    /// <summary>Whether it has an emergency department, which never closes. Listed as it is too.</summary>
    internal TableColumn? Emergency { get; private init; }

    /// <summary>Telephone.</summary>
    internal TableColumn? Phone { get; private init; }

    /// <summary>First day it holds.</summary>
    internal TableColumn? From { get; private init; }

    /// <summary>Last day it holds.</summary>
    internal TableColumn? Until { get; private init; }

    /// <summary>When the first bus leaves the first stop.</summary>
    internal TableColumn? FirstBus { get; private init; }

    /// <summary>When the last one does.</summary>
    internal TableColumn? LastBus { get; private init; }

    /// <summary>Minutes between two of them.</summary>
    internal TableColumn? Interval { get; private init; }

    /// <summary>Minutes from the first stop to this one.</summary>
    internal TableColumn? RunTime { get; private init; }

    /// <summary>Tells the rows apart from version to version; null when no single column does.</summary>
    internal TableColumn? Key { get; private init; }

    /// <summary>The columns of a table; null when nothing in it is a name.</summary>
    internal static GuideColumns? Of(DataTable table)
    {
        if (Find(Names, ColumnType.Text) is not { } name) { return null; }
        return new GuideColumns(name)
        {
            Address = Find(Addresses, ColumnType.Text),
            District = Find(Districts, ColumnType.Text),
            Level = Find(Levels, ColumnType.Text),
            Hours = Find(HoursOf, ColumnType.Text),
            Closed = Find(ClosedOn, ColumnType.Text),
            Emergency = Find(Emergencies, ColumnType.Boolean),
            Phone = Find(Phones, ColumnType.Text),
            From = Find(Froms, ColumnType.Date),
            Until = Find(Untils, ColumnType.Date),
            FirstBus = Find(FirstBuses, ColumnType.Time),
            LastBus = Find(LastBuses, ColumnType.Time),
            Interval = Find(Intervals, ColumnType.Integer),
            RunTime = Find(RunTimes, ColumnType.Integer),
            Key = table.Columns.Where(c => c.IsKey).ToList() is [{ Type: ColumnType.Text or ColumnType.Integer } key] ? key : null,
        };

        TableColumn? Find(string[] words, ColumnType type) => words.Select(w => table.Columns.FirstOrDefault(c => c.Type == type && !c.IsKey && Fits(c, w))).FirstOrDefault(c => c is not null);
    }

    /// <summary>The columns that have a part of their own in a guide; what is left is listed as it is.</summary>
    internal IEnumerable<TableColumn> All() =>
        new[] { Name, Address, District, Level, Hours, Closed, Phone, From, Until, FirstBus, LastBus, Interval, RunTime, Key }.OfType<TableColumn>();

    private static bool Fits(TableColumn column, string word) =>
        word[0] == '*' ? (column.Title ?? column.Name).EndsWith(word[1..], StringComparison.Ordinal) : column.Name == word || column.Title == word;
}
