using Xunit.v3;

namespace Zhengtong.Tests.Support;

/// <summary>Marks tests that touch the platform's database: <c>./test</c> runs them on SQLite and again on PostgreSQL.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OnDatabaseAttribute : Attribute, ITraitAttribute
{
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("On", "Database")];
}

/// <summary>Marks tests that touch the platform's database but run on SQLite only, for now: on PostgreSQL a page may be sent before its parts have loaded,
/// and the exchange's tests have not been run through with the platform itself on PostgreSQL. See "Known" in CHANGELOG.md.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OnSqliteAttribute : Attribute, ITraitAttribute
{
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("On", "Sqlite")];
}
