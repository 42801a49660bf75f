namespace UpgradeProtocols.Tests.Generators;

/// <summary>[Authorize] on message methods: generated code has a check for these methods and none for the others.</summary>
public class AccessTests
{
    [Fact]
    public Task Attributes_of_every_shape() => Snapshots.Verify(GeneratorHost.RunClean("""
        using Microsoft.AspNetCore.Authorization;

        namespace Rooms;

        public enum Level { Low = -1, High }

        [AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
        internal sealed class NeedsAttribute(Level level, params string[] rights) : AuthorizeAttribute(string.Join(' ', rights))
        {
            public Level Level { get; } = level;
            public Type? Kind { get; set; }
        }

        internal sealed class TwoAttribute : Attribute, IAuthorizationRequirementData
        {
            public IEnumerable<IAuthorizationRequirement> GetRequirements() => [];
        }

        public abstract class Guarded
        {
            [Authorize("inherited")] public virtual void Close() { }
        }

        [UpgradeProtocol("rooms.v2", Path = "/rooms")]
        [UpgradeProtocol("rooms.v1", Path = "/rooms", Format = typeof(FlatJsonMessageFormat))]
        public sealed class RoomHandler : Guarded
        {
            [Message("free")] public void Free() { }
            [Message("known"), Authorize] public void Known() { }
            [Message("kick"), Authorize("keeper \"one\"", Roles = "admin,owner", AuthenticationSchemes = "Bearer")] public string Kick(string name) => name;
            [Message("many"), Authorize(Roles = "a"), Needs(Level.Low, "x", "y", Kind = typeof(List<int>)), Two] public void Many() { }
            [Message("open"), Authorize, AllowAnonymous] public void Open() { }
            [Message("close")] public override void Close() { }
            [Message("watch"), Authorize] public async IAsyncEnumerable<int> Watch() { await Task.Yield(); yield return 1; }
        }
        """));

    [Fact]
    public void An_attribute_that_generated_code_cannot_name_is_reported_and_its_method_is_omitted()
    {
        var run = GeneratorHost.Run("""
            using Microsoft.AspNetCore.Authorization;

            [UpgradeProtocol("rooms", Path = "/rooms")]
            public sealed class RoomHandler
            {
                private sealed class MineAttribute : AuthorizeAttribute;

                [Message("kick"), Mine] public void Kick() { }
                [Message("say")] public void Say() { }
            }
            """);

        Assert.DoesNotContain("Kick", run.Files["RoomHandler.g.cs"], StringComparison.Ordinal);
    }
}
