namespace Zhengtong.Agreements;

/// <summary>A part of the agreement page that a module to the right contributes, such as the delivery. Registered as a singleton.</summary>
/// <param name="Component">A component with the one parameter <c>AgreementId</c> (Guid).</param>
/// <param name="Order">Lower stands higher.</param>
internal sealed record AgreementPanel(Type Component, int Order);
