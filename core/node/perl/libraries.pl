# The system's calls and constants, from the compiled halves of perl's own modules. Reading their other halves (POSIX.pm,
# Fcntl.pm, Socket.pm and what these use) would cost a node's processor three times what the rest of our start does.
use strict;
use warnings;

# As XSLoader does it (perldoc XSLoader), without its way to find the file.
sub load_library {
    my ($module) = @_;
    DynaLoader::boot_DynaLoader('DynaLoader') if !defined &DynaLoader::dl_load_file;
    for my $path (grep { -e } map { "$_/auto/$module/$module.so" } @INC) {
        my $library = DynaLoader::dl_load_file($path, 0) // last;
        my $start = DynaLoader::dl_find_symbol($library, "boot_$module") // last;
        return DynaLoader::dl_install_xsub("${module}::bootstrap", $start, $path)->($module);
    }
    require "$module.pm";
}

sub import_from {
    my ($module, @names) = @_;
    load_library($module);
    no strict 'refs';
    *{$_} = \&{"${module}::$_"} for @names;
}

BEGIN {
    import_from('Fcntl', qw(O_RDONLY O_WRONLY O_RDWR O_CREAT O_EXCL O_TRUNC O_APPEND O_NONBLOCK O_NOFOLLOW O_DIRECTORY
                            F_GETFL F_SETFL F_SETFD LOCK_EX LOCK_NB S_ISREG S_ISDIR S_ISLNK));
    import_from('POSIX', qw(EINTR EAGAIN EINPROGRESS ENOENT ENOTDIR EEXIST));
}
