using UpgradeProtocols.Runtime;

namespace UpgradeProtocols.Tests.Negotiation;

/// <summary>Tests of the lookup of a request's path among the declared paths.</summary>
public class NegotiationTableTests
{
    private static readonly NegotiationTable s_table = Table("/{x}/b/c", "/a/{x}/c", "/a/b/{y}", "/a/b/d", "/a/{x}/", "/{x}", "/", "/files/{x}/{y}/{z}");

    [Theory]
    [InlineData("/a/b/d", "/a/b/d")]
    [InlineData("/a/b/c", "/a/b/{y}")]
    [InlineData("/a/x/c", "/a/{x}/c")]
    [InlineData("/x/b/c", "/{x}/b/c")]
    [InlineData("/a/", null)]
    [InlineData("/a/x/", "/a/{x}/")]
    [InlineData("/a/b/", "/a/{x}/")]
    [InlineData("/x", "/{x}")]
    [InlineData("/a", "/{x}")]
    [InlineData("/A/b/c", "/{x}/b/c")]
    [InlineData("/", "/")]
    [InlineData("//b/c", null)]
    [InlineData("/files/1/2/3", "/files/{x}/{y}/{z}")]
    [InlineData("/files/1/2", null)]
    [InlineData("/files/1/2/3/4", null)]
    [InlineData("/files//2/3", null)]
    [InlineData("x", null)]
    [InlineData("*", null)]
    [InlineData("", null)]
    public void The_most_specific_matching_template_is_found(string path, string? template) =>
        Assert.Equal(template, s_table.Find(path)?.Template.Text);

    [Fact]
    public void Each_of_many_templates_is_found()
    {
        var templates = Enumerable.Range(0, 200).Select(number => $"/rooms{number}/{{id}}/seats").ToArray();
        var table = Table(templates);

        Assert.All(templates, template => Assert.Equal(template, table.Find(template.Replace("{id}", "7", StringComparison.Ordinal))?.Template.Text));
        Assert.Null(table.Find("/rooms200/7/seats"));
    }

    private static NegotiationTable Table(params string[] paths) => new(paths.Select(path => new ProtocolRoute { Path = path, IsDefault = true }));
}
