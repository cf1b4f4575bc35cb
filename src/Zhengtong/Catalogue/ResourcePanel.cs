namespace Zhengtong.Catalogue;

/// <summary>A part of the resource's page that a module to the right contributes, such as who uses it. Registered as a singleton.</summary>
/// <param name="Component">A component with the one parameter <c>ResourceId</c> (Guid).</param>
/// <param name="Order">Lower stands higher.</param>
internal sealed record ResourcePanel(Type Component, int Order);
