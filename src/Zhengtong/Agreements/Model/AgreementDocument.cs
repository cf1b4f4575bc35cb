using Zhengtong.Catalogue.Model;

namespace Zhengtong.Agreements.Model;

/// <summary>What both sides sign. Serialised canonically (RFC 8785); the names of its members are part of the format.</summary>
/// <param name="Format"><see cref="CurrentFormat"/>.</param>
/// <param name="Id">The agreement.</param>
/// <param name="Number">As people name it.</param>
/// <param name="Resource">The information resource as it stood.</param>
/// <param name="Provider">Who gives.</param>
/// <param name="Consumer">Who takes.</param>
/// <param name="Items">What is given.</param>
/// <param name="Rows">Which rows.</param>
/// <param name="Purpose">What it may be used for.</param>
/// <param name="LegalGround">By which law, regulation or duty.</param>
/// <param name="EverySeconds">How often.</param>
/// <param name="From">From when, inclusive.</param>
/// <param name="Until">Until when, exclusive.</param>
/// <param name="Suite">The cryptographic suite of its seals, batches and receipts, <see cref="Kernel.Secrets.Suite.Word"/>.</param>
/// <param name="Kind">How it is delivered.</param>
/// <param name="Operations">Of an API: what may be called; empty otherwise.</param>
/// <param name="Limits">Of an API: how much may be called; null otherwise.</param>
internal sealed record AgreementDocument(
    string Format, Guid Id, string Number, AgreementResource Resource, AgreementParty Provider, AgreementParty Consumer,
    IReadOnlyList<AgreedItem> Items, IReadOnlyList<RowCondition> Rows, string Purpose, string LegalGround,
    int EverySeconds, DateTimeOffset From, DateTimeOffset Until, string Suite,
    DeliveryKind Kind, IReadOnlyList<AgreedOperation> Operations, ApiLimits? Limits)
{
    internal const string CurrentFormat = "zhengtong-agreement-1";
}

/// <summary>The resource in an agreement.</summary>
internal sealed record AgreementResource(Guid Id, string Code, string Name, int Revision);

/// <summary>A party of an agreement.</summary>
internal sealed record AgreementParty(Guid Id, string CreditCode, string Name);
