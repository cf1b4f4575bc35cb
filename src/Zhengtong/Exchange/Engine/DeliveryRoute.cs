using Zhengtong.Agreements;
using Zhengtong.Exchange.Quality;
using Zhengtong.Kernel.Secrets;

namespace Zhengtong.Exchange.Engine;

/// <summary>Everything one run of a delivery needs, read at its start.</summary>
internal sealed record Route(ProvidingRoute Provider, ReceivingRoute Consumer)
{
    internal Guid Delivery => Provider.Delivery;

    internal AgreementTerms Terms => Provider.Terms;
}

/// <summary>What the provider's half of a run works with.</summary>
/// <param name="Delivery">The delivery.</param>
/// <param name="Terms">What may leave, and until when.</param>
/// <param name="Suite">The agreement's.</param>
/// <param name="Source">The provider's database.</param>
/// <param name="Reading">What is read from it.</param>
/// <param name="Seal">The provider's key that signs.</param>
/// <param name="Receive">The consumer's key that batches are encrypted to; only its public half is needed.</param>
/// <param name="Secrets">What values are masked with.</param>
internal sealed record ProvidingRoute(
    Guid Delivery, AgreementTerms Terms, Suite Suite, DepartmentDatabase Source, Reading Reading, OrganisationKey Seal, OrganisationKey Receive, DeliverySecrets Secrets);

/// <summary>What the consumer's half of a run works with.</summary>
/// <param name="Delivery">The delivery.</param>
/// <param name="Terms">What may arrive.</param>
/// <param name="Target">The consumer's database.</param>
/// <param name="Table">Where the rows go.</param>
internal sealed record ReceivingRoute(Guid Delivery, AgreementTerms Terms, DepartmentDatabase Target, TableName Table);

/// <summary>The halves of a delivery that the platform does itself; those it leaves to a front-end node are null.</summary>
internal sealed record HostedHalves(Guid Delivery, AgreementTerms Terms, Suite Suite, ProvidingRoute? Provider, ReceivingRoute? Consumer);
